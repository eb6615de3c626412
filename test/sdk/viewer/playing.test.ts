import { expect } from "chai";
import {
  bytesToHex,
  domainSeparator,
  extendTotals,
  hashMessage,
  paymentChannelsDomain,
  privateKeySigner,
  receiptDigest,
  recoverSigner,
  streamId,
} from "../../../sdk/core/index.ts";
import { memoryStore } from "../../../sdk/viewer/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { paperDeployment, publisher } from "../../helpers/relayFixture.ts";
import { sessionKey, startNetwork, startViewer } from "./relayNetwork.ts";
import type { RelayNetwork, TestedViewer } from "./relayNetwork.ts";

const names = Array.from({ length: 8 }, (_, i) => `segment-${String(i)}.m4s`);

describe("a viewer of honest relays", () => {
  let network: RelayNetwork;
  let viewer: TestedViewer;

  const start = async (count: number, change = {}): Promise<void> => {
    network = await startNetwork(Array.from({ length: count }, () => ({})));
    viewer = startViewer(network, change);
  };

  afterEach(async () => {
    await viewer.close();
    await network.stop();
  });

  it("gets every byte, and pays for every byte", async () => {
    await start(1);
    for (const name of names) expect(await viewer.get(name)).to.deep.equal(network.bytes(name));
    const { verifiedBytes, refusedBytes, spent, relays } = await viewer.close();
    expect({ verifiedBytes, refusedBytes }).to.deep.equal({ verifiedBytes: 800_000n, refusedBytes: 0n });
    expect(relays[0]?.acknowledged).to.equal(spent);
    expect(network.relays[0]?.posts.at(-1)).to.have.property("end", true);
    expect(viewer.events.at(-1)).to.have.property("type", "ended");
  });

  it("tells what the manifest lists, without a download or a payment", async () => {
    await start(1);
    expect(viewer.streamId).to.equal(streamId(publisher.address, "test stream"));
    const bytes = network.bytes("segment-0.m4s");
    const hash = bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))));
    const leaf = await viewer.listed(`${network.relays[0]?.origin ?? ""}/video/segment-0.m4s?weir=token`);
    expect(leaf).to.deep.include({ path: "segment-0.m4s", contentHash: hash, size: 100_000n });
    // What is not listed by itself cannot be checked by itself.
    expect(await errorCode(viewer.listed("segment-0.m4s", { range: { first: 0, last: 9 } }))).to.equal(
      "path-not-listed",
    );
    expect(await errorCode(viewer.listed("live.m3u8"))).to.equal("path-not-listed");
    expect(await errorCode(viewer.listed("https://elsewhere.example/segment-0.m4s"))).to.equal("path-not-canonical");
    expect(network.relays[0]?.asked).to.deep.equal(["weir.json"]);
    await viewer.close();
    const gone: unknown = await viewer.listed("segment-0.m4s").catch((error: unknown) => error);
    expect(gone).to.have.property("name", "AbortError");
  });

  it("names exactly what it got, in the order in which it was verified", async () => {
    await start(1);
    for (const name of names.slice(0, 3)) await viewer.get(name);
    await viewer.close();
    for (const { step } of network.relays[0]?.posts ?? []) {
      if (step === undefined) continue;
      const totals = step.entries.reduce(extendTotals, step.prev);
      expect(totals.deliveredBytes).to.equal(step.receipt.deliveredBytes);
      expect(totals.segmentsRoot).to.equal(step.receipt.segmentsRoot);
    }
  });

  it("uses several relays at once", async () => {
    await start(3);
    const used = (): number =>
      new Set(viewer.events.flatMap((event) => (event.type === "verified" ? [event.relay] : []))).size;
    // On a busy machine a relay may state its terms when the first segments are there already.
    for (let round = 0; round < 5 && used() < 3; round += 1) {
      await Promise.all(names.map(async (name) => viewer.get(name)));
    }
    const { relays } = await viewer.close();
    for (const relay of relays) expect(relay.verifiedBytes > 0n).to.equal(true);
  });

  it("pays again for a resource that it downloads again", async () => {
    await start(1);
    await viewer.get("segment-0.m4s");
    await viewer.get("segment-0.m4s");
    expect((await viewer.close()).verifiedBytes).to.equal(200_000n);
  });

  it("takes URLs of any relay, queries dropped", async () => {
    await start(2);
    for (const { origin } of network.relays) {
      expect(await viewer.get(`${origin}/video/segment-1.m4s?x=1`)).to.deep.equal(network.bytes("segment-1.m4s"));
    }
  });

  it("cuts a part out of a resource that is listed whole", async () => {
    await start(1);
    const response = await viewer.fetch("segment-1.m4s", { range: { first: 10, last: 19 } });
    expect(response.status).to.equal(206);
    expect(response.headers.get("content-range")).to.equal("bytes 10-19/100000");
    expect(new Uint8Array(await response.arrayBuffer())).to.deep.equal(network.bytes("segment-1.m4s").subarray(10, 20));
    expect(await viewer.get("segment-1.m4s", { range: { first: 99_990 } })).to.have.length(10);
    expect(await errorCode(viewer.get("segment-1.m4s", { range: { first: 100_000 } }))).to.equal(
      "range-not-satisfiable",
    );
  });

  for (const [reference, code] of [
    ["segment-99.m4s", "path-not-listed"],
    ["../segment-0.m4s", "path-not-canonical"],
    ["https://elsewhere.example/video/segment-0.m4s", "path-not-canonical"],
    ["data:text/plain,x", "path-not-canonical"],
  ] as const) {
    it(`refuses ${reference}: ${code}`, async () => {
      await start(1);
      expect(await errorCode(viewer.get(reference))).to.equal(code);
    });
  }

  it("funds within its budget, whatever it downloads", async () => {
    const budget = 5_000_000_000_000n;
    await start(3, { budget });
    await viewer.get("segment-0.m4s");
    await Promise.all(names.map(async (name) => viewer.get(name)));
    const { funded } = await viewer.close();
    expect(funded > 0n && funded <= budget).to.equal(true);
    const totals = network.relays.map(({ posts }) => posts.flatMap(({ fund }) => fund?.total ?? []).at(-1) ?? 0n);
    expect(totals.reduce((sum, total) => sum + total, 0n)).to.equal(funded);
  });

  it("signs receipts and funding as the session key, for this channel and deployment", async () => {
    await start(1);
    await viewer.get("segment-0.m4s");
    await viewer.close();
    const { posts = [], credentials = [] } = network.relays[0] ?? {};
    const { signer, ...terms } = credentials[0]!.payload.channel;
    const separator = domainSeparator(paymentChannelsDomain(paperDeployment));
    const signers = posts.flatMap(({ step, fund }) => [
      ...(step ? [recoverSigner(receiptDigest(separator, { ...terms, ...step.receipt }), step.receipt.signature)] : []),
      ...(fund ? [recoverSigner(hashMessage(separator, "Fund", { ...terms, ...fund }), fund.signature)] : []),
    ]);
    expect(signers).to.have.length.above(1);
    expect(new Set(signers)).to.deep.equal(new Set([signer]));
    expect(signer).to.equal(privateKeySigner(sessionKey).address);
  });

  it("ends a request with its caller's signal", async () => {
    await start(1);
    const controller = new AbortController();
    const pending = viewer.get("segment-0.m4s", { signal: controller.signal });
    controller.abort();
    const error: unknown = await pending.catch((reason: unknown) => reason);
    expect(error).to.have.property("name", "AbortError");
    expect(await viewer.get("segment-0.m4s")).to.have.length(100_000);
  });

  it("refuses to load after it was closed", async () => {
    await start(1);
    await viewer.close();
    const error: unknown = await viewer.get("segment-0.m4s").catch((reason: unknown) => reason);
    expect(error).to.have.property("name", "AbortError");
  });

  it("goes on with its channels after a reload", async () => {
    const store = memoryStore();
    await start(1, { store });
    await viewer.get("segment-0.m4s");
    await viewer.close();
    viewer = startViewer(network, { store });
    await viewer.get("segment-1.m4s");
    const { spent, verifiedBytes, relays } = await viewer.close();
    expect(verifiedBytes).to.equal(100_000n);
    expect(relays[0]?.acknowledged).to.equal(spent);
    const channels = network.relays[0]?.credentials.map(({ payload }) => payload.channel.nonce);
    expect(channels).to.have.length(2);
    expect(new Set(channels).size).to.equal(1);
    const receipts = network.relays[0]?.posts.flatMap(({ step }) => step?.receipt.deliveredBytes ?? []);
    expect(receipts?.at(-1)).to.equal(200_000n);
  });
});
