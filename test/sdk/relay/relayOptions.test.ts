import { expect } from "chai";
import { privateKeySigner, WeirError } from "../../../sdk/core/index.ts";
import { createRelay } from "../../../sdk/relay/index.ts";
import type { CollectorWallet, RelayOptions } from "../../../sdk/relay/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import {
  paperChain,
  paperDeployment,
  payee,
  publisher,
  startRelayFixture,
  testKey,
} from "../../helpers/relayFixture.ts";

const good: RelayOptions = {
  deployment: paperDeployment,
  payee,
  agent: testKey(1),
  pricePerGiB: 1n,
  gracePeriod: 3_600,
  publicUrl: "https://relay.example",
  streams: [{ path: "/video/", source: "/srv/video", publisher: publisher.address }],
  store: {} as RelayOptions["store"],
  chain: paperChain(),
};
const [stream] = good.streams as [RelayOptions["streams"][number]];

/** What is said about options that are wrong in one place. */
function complaint(change: Partial<RelayOptions>): string {
  try {
    createRelay({ ...good, ...change });
  } catch (error) {
    if (WeirError.is(error)) return `${error.code} ${error.shortMessage}`;
    throw error;
  }
  return "none";
}

describe("The options of a relay", () => {
  it("may be right", () => {
    expect(complaint({})).to.equal("none");
    for (const publicUrl of [
      "https://a.example:8443/",
      "http://127.0.0.1:80",
      "http://localhost:5",
      "http://[::1]:5",
    ]) {
      expect(complaint({ publicUrl }), publicUrl).to.equal("none");
    }
    expect(complaint({ agent: privateKeySigner(testKey(1)) })).to.equal("none");
    for (const path of ["/", "/a", "/a/b%20c/", "/weird/"])
      expect(complaint({ streams: [{ ...stream, path }] }), path).to.equal("none");
  });

  it("name the key that is wrong, and what it must be", () => {
    const wrong: [Partial<RelayOptions>, RegExp][] = [
      [{ payee: "0x12" }, /^malformed-message payee /],
      [{ pricePerGiB: 0n }, /^malformed-message pricePerGiB /],
      [{ gracePeriod: 60 }, /^grace-period-out-of-range /],
      [{ agent: "0x12" }, /option agent must be a private key/],
      [{ streams: [] }, /option streams must be a list of at least one/],
      [{ streams: [stream, { ...stream, path: "/video" }] }, /option streams must be a list without two/],
      [{ streams: [{ ...stream, publisher: "0x" }] }, /streams\[0\]\.publisher/],
      [{ streams: [{ ...stream, source: "" }] }, /streams\[0\]\.source must be a folder/],
      [{ streams: [{ ...stream, manifest: "../x" }] }, /streams\[0\]\.manifest must be a plain file name/],
      [{ limits: { maxEntries: 0 } }, /limits\.maxEntries must be a whole number above zero/],
      [{ limits: { stallMs: Infinity } }, /limits\.stallMs/],
      [
        { collect: { wallet: { address: publisher.address } as CollectorWallet, tokenPerEther: 1n } },
        /collect\.wallet must be the wallet of the agent/,
      ],
      [{ collect: { wallet: { address: payee } as CollectorWallet, tokenPerEther: -1n } }, /collect\.tokenPerEther/],
    ];
    for (const [change, pattern] of wrong) expect(complaint(change)).to.match(pattern);
    for (const publicUrl of ["", "relay", "http://relay.example", "https://a/b", "ftp://a", "https://a/?b", "data:x"]) {
      expect(complaint({ publicUrl }), publicUrl).to.match(/option publicUrl must be an/);
    }
    for (const path of [
      "video/",
      "",
      "//a/",
      "/a b/",
      "/../a/",
      "/a?b/",
      "/weir/",
      "/weir/x/",
      "/.well-known/",
      "/ü/",
    ]) {
      expect(complaint({ streams: [{ ...stream, path }] }), path).to.match(/streams\[0\]\.path must be/);
    }
  });

  it("are checked against the chain before anything is served", async () => {
    const fixture = await startRelayFixture();
    await fixture.relay.stop();
    const chain = { ...paperChain(), verify: async () => Promise.reject(new WeirError("wrong-signer")) };
    const relay = createRelay({ ...fixture.options, chain });
    expect((await relay.fetch(new Request("https://relay.example/.well-known/weir"))).status).to.equal(503);
    expect(await relay.status()).to.include({ started: false });
    expect(await errorCode(relay.start())).to.equal("wrong-signer");
    const again = createRelay(fixture.options);
    await again.start();
    await again.start();
    await again.stop();
    await again.stop();
    await fixture.stop();
  });

  it("refuse a stream whose manifest is somebody else's", async () => {
    const fixture = await startRelayFixture();
    await fixture.relay.stop();
    const streams = [{ path: "/video/", source: fixture.source, publisher: payee }];
    expect(await errorCode(createRelay({ ...fixture.options, streams }).start())).to.equal("manifest-unsigned");
    await fixture.stop();
  });
});
