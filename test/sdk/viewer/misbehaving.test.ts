import { expect } from "chai";
import {
  assertSigner,
  hashMessage,
  paymentChannelsDomain,
  privateKeySigner,
  resourceId,
} from "../../../sdk/core/index.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { paperDeployment } from "../../helpers/relayFixture.ts";
import { relayKey, startNetwork, startViewer } from "./relayNetwork.ts";
import type { NetworkRelay, RelayNetwork, Tamper, TestedViewer } from "./relayNetwork.ts";

const names = Array.from({ length: 8 }, (_, i) => `segment-${String(i)}.m4s`);

/** Changes segments and nothing else. */
const onSegments =
  (change: (response: Response) => Promise<Response> | Response): Tamper =>
  async (request, relay) => {
    const response = await relay(request);
    return new URL(request.url).pathname.endsWith(".m4s") && response.status === 200 ? change(response) : response;
  };

const sleep = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const flipByte = async (response: Response): Promise<Response> => {
  const bytes = new Uint8Array(await response.arrayBuffer());
  bytes[50_000]! ^= 1;
  return new Response(bytes, response);
};

/** Passes a body on so slowly that it would take `ms`. */
const slowly =
  (ms: number) =>
  (response: Response): Response => {
    const pieces = 20;
    const source = response.arrayBuffer();
    let sent = 0;
    const body = new ReadableStream({
      async pull(controller) {
        const bytes = new Uint8Array(await source);
        await new Promise((resolve) => setTimeout(resolve, ms / pieces));
        const size = Math.ceil(bytes.length / pieces);
        controller.enqueue(bytes.subarray(sent, (sent += size)));
        if (sent >= bytes.length) controller.close();
      },
    });
    return new Response(body, response);
  };

describe("a viewer among relays that misbehave", () => {
  let network: RelayNetwork;
  let viewer: TestedViewer;

  const start = async (tampers: readonly (Tamper | undefined)[], change = {}, stream = {}): Promise<void> => {
    network = await startNetwork(
      tampers.map(() => ({})),
      stream,
    );
    for (const [index, tamper] of tampers.entries()) network.relays[index]!.tamper = tamper;
    viewer = startViewer(network, change);
  };

  const relay = (index: number): NetworkRelay => network.relays[index]!;
  const paidBytes = (index: number): bigint =>
    relay(index)
      .posts.flatMap(({ step }) => step?.receipt.deliveredBytes ?? [])
      .at(-1) ?? 0n;
  const playAll = async (): Promise<void> => {
    for (const name of names) expect(await viewer.get(name)).to.deep.equal(network.bytes(name));
  };

  afterEach(async () => {
    await viewer.close();
    await network.stop();
  });

  describe("given one that sends a wrong byte", () => {
    it("plays on, pays it nothing and does not ask it again", async () => {
      await start([onSegments(flipByte), undefined]);
      await Promise.all(names.map(async (name) => viewer.get(name)));
      await playAll();
      const asked = relay(0).asked.length;
      await playAll();
      const { relays } = await viewer.close();
      expect(relay(0).asked).to.have.length(asked);
      expect(relays[0]).to.include({ phase: "refused", problem: "content-mismatch", verifiedBytes: 0n });
      expect(relays[0]!.refusedBytes > 0n).to.equal(true);
      expect(paidBytes(0)).to.equal(0n);
      expect(paidBytes(1)).to.equal(relays[1]!.verifiedBytes);
    });

    it("pays what it delivered right before", async () => {
      let wrong = false;
      await start([onSegments(async (response) => (wrong ? flipByte(response) : response))]);
      await viewer.get("segment-0.m4s");
      wrong = true;
      expect(await errorCode(viewer.get("segment-1.m4s"))).to.equal("no-relay-left");
      await viewer.close();
      expect(paidBytes(0)).to.equal(100_000n);
    });
  });

  it("keeps the proof when a relay signed the wrong bytes that it sent", async () => {
    await start([undefined]);
    await viewer.get("segment-0.m4s");
    // A relay whose source was poisoned and that checks nothing would sign like this.
    const opened = viewer.events.find((event) => event.type === "opened")!;
    const manifest = viewer.events.find((event) => event.type === "manifest")!;
    relay(0).tamper = onSegments(async (response) => {
      const wrong = await flipByte(response);
      const bytes = new Uint8Array(await wrong.clone().arrayBuffer());
      const contentHash = `0x${Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex")}` as const;
      const delivery = {
        channelId: opened.channelId,
        manifestRoot: manifest.root,
        resource: resourceId("segment-1.m4s"),
        contentHash,
        size: BigInt(bytes.length),
      };
      const digest = hashMessage(paymentChannelsDomain(paperDeployment), "Delivery", delivery);
      const headers = new Headers(wrong.headers);
      headers.set("weir-delivery", await privateKeySigner(relayKey(0)).signDigest(digest));
      return new Response(bytes, { status: 200, headers });
    });
    expect(await errorCode(viewer.get("segment-1.m4s"))).to.equal("no-relay-left");
    const { proof } = viewer.events.find((event) => event.type === "corrupt")!;
    const digest = hashMessage(paymentChannelsDomain(paperDeployment), "Delivery", proof!.delivery);
    assertSigner(digest, proof!.signature, privateKeySigner(relayKey(0)).address);
    expect(proof!.delivery.resource).to.equal(resourceId("segment-1.m4s"));
  });

  describe("given one that is slow", () => {
    it("asks another in time, and pays the slow one for what it finished", async () => {
      network = await startNetwork([{ pricePerGiB: 10n ** 15n }, {}]);
      relay(0).tamper = onSegments(slowly(3_000));
      viewer = startViewer(network, { timing: { patience: 600 } });
      while (viewer.status().relays.some(({ phase }) => phase !== "open")) await sleep(10);
      await playAll();
      const { relays } = await viewer.close();
      expect(viewer.events.some(({ type }) => type === "hedged")).to.equal(true);
      expect(relays[1]!.verifiedBytes > relays[0]!.verifiedBytes).to.equal(true);
      expect(paidBytes(0)).to.equal(relays[0]!.verifiedBytes);
    });

    it("waits for it if there is no other", async () => {
      await start([onSegments(slowly(1_500))], { timing: { patience: 300 } });
      expect(await viewer.get("segment-0.m4s")).to.deep.equal(network.bytes("segment-0.m4s"));
      expect(viewer.events.some(({ type }) => type === "hedged")).to.equal(false);
    });
  });

  describe("given a transfer that nobody waits for any more", () => {
    /** Sends a part, then waits for leave to send the rest. */
    const startAndAbort = async (part: number): Promise<() => void> => {
      const go = Promise.withResolvers<undefined>();
      const sent = Promise.withResolvers<undefined>();
      const inTwo = onSegments(async (response) => {
        const bytes = new Uint8Array(await response.arrayBuffer());
        const pieces = [bytes.subarray(0, part), bytes.subarray(part)];
        const body = new ReadableStream({
          async pull(controller) {
            if (pieces.length === 1) {
              sent.resolve(undefined);
              await go.promise;
            }
            const piece = pieces.shift();
            if (piece !== undefined) controller.enqueue(piece);
            if (pieces.length === 0) controller.close();
          },
        });
        return new Response(body, response);
      });
      await start([inTwo]);
      const controller = new AbortController();
      const pending = viewer.get("segment-0.m4s", { signal: controller.signal }).catch(() => undefined);
      await sent.promise;
      // What was sent has to arrive before it can count.
      await sleep(300);
      controller.abort();
      await pending;
      return () => {
        go.resolve(undefined);
      };
    };

    it("aborts it near its start", async () => {
      const go = await startAndAbort(20_000);
      go();
      const { abortedBytes, verifiedBytes } = await viewer.close();
      expect({ abortedBytes, verifiedBytes }).to.deep.equal({ abortedBytes: 20_000n, verifiedBytes: 0n });
      expect(paidBytes(0)).to.equal(0n);
    });

    it("finishes and pays it near its end", async () => {
      const go = await startAndAbort(80_000);
      go();
      while (!viewer.events.some(({ type }) => type === "verified")) await sleep(10);
      await viewer.close();
      expect(paidBytes(0)).to.equal(100_000n);
    });
  });

  it("gives up a transfer that stands still", async () => {
    const stuck = onSegments(
      (response) =>
        new Response(
          new ReadableStream({
            start: (c) => {
              c.enqueue(new Uint8Array(10));
            },
          }),
          response,
        ),
    );
    await start([stuck], { timing: { stall: 200, giveUp: 1_500 } });
    expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
    expect(viewer.events.some((event) => event.type === "failed" && event.what === "segment-0.m4s")).to.equal(true);
  });

  it("stops reading a body that does not end", async () => {
    let sent = 0;
    const endless = onSegments(({ headers }) => {
      headers.delete("content-length");
      const body = new ReadableStream({
        pull(controller) {
          sent += 65_536;
          controller.enqueue(new Uint8Array(65_536));
        },
      });
      return new Response(body, { headers });
    });
    await start([endless]);
    expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
    expect(sent).to.be.lessThan(10_000_000);
    expect((await viewer.close()).relays[0]!.phase).to.equal("refused");
  });

  it("plays on when a relay dies in the middle of a transfer", async () => {
    await start([undefined, undefined]);
    await viewer.get("segment-0.m4s");
    relay(0).tamper = onSegments(slowly(2_000));
    const pending = Promise.all(names.map(async (name) => viewer.get(name)));
    await new Promise((resolve) => setTimeout(resolve, 150));
    await relay(0).die();
    const bodies = await pending;
    for (const [i, name] of names.entries()) expect(bodies[i]).to.deep.equal(network.bytes(name));
  });

  it("does not follow a redirect, so that no token gets to another server", async () => {
    await start([undefined, undefined]);
    await viewer.get("segment-0.m4s");
    relay(0).tamper = async (request, real) =>
      request.url.includes(".m4s")
        ? Response.redirect(request.url.replace(relay(0).origin, relay(1).origin))
        : real(request);
    await playAll();
    expect(relay(0).tokens.size).to.be.greaterThan(0);
    expect([...relay(0).tokens].filter((token) => relay(1).tokens.has(token))).to.deep.equal([]);
    expect((await viewer.close()).relays[1]!.verifiedBytes >= 800_000n).to.equal(true);
  });

  describe("given terms that its configuration does not allow", () => {
    for (const [what, change, code] of [
      ["another chain", { chainId: 1 }, "wrong-chain"],
      ["another token", { token: `0x${"99".repeat(20)}` }, "wrong-token"],
      ["another escrow", { paymentChannels: `0x${"99".repeat(20)}` }, "wrong-contract"],
      ["another registry", { operatorRegistry: `0x${"99".repeat(20)}` }, "wrong-contract"],
      ["too high a price", { pricePerGiB: (10n ** 19n).toString() }, "price-too-high"],
      ["a price of zero", { pricePerGiB: "0" }, "malformed-message"],
      ["too long a grace period", { gracePeriod: 3_000_000 }, "grace-period-out-of-range"],
      ["another realm", { realm: "https://elsewhere.example" }, "malformed-message"],
      ["a session endpoint elsewhere", { sessions: "//elsewhere.example/x" }, "malformed-message"],
    ] as const) {
      it(`signs nothing for ${what}: ${code}`, async () => {
        await start([
          async (request, real) => {
            const response = await real(request);
            if (!request.url.includes("/.well-known/weir")) return response;
            return Response.json({ ...((await response.json()) as object), ...change });
          },
        ]);
        const error: unknown = await viewer.get("segment-0.m4s").catch((reason: unknown) => reason);
        expect(error).to.have.property("code", "no-relay-left");
        expect(error).to.have.property("details").that.includes(code);
        expect(relay(0).credentials).to.have.length(0);
      });
    }
  });

  it("signs nothing for a challenge that asks for more than the terms said", async () => {
    await start([
      async (request, real) => {
        const response = await real(request);
        const challenge = response.headers.get("www-authenticate");
        if (challenge === null) return response;
        const [, encoded = ""] = /request="([^"]+)"/.exec(challenge) ?? [];
        const asked = JSON.parse(Buffer.from(encoded, "base64url").toString()) as object;
        const raised = Buffer.from(JSON.stringify({ ...asked, amount: "20000000000000000" })).toString("base64url");
        const headers = new Headers(response.headers);
        headers.set("www-authenticate", challenge.replace(encoded, raised));
        return new Response(response.body, { status: response.status, headers });
      },
    ]);
    expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
    expect(relay(0).credentials).to.have.length(0);
  });

  it("continues with other relays when one forges its claim", async () => {
    await start([
      async (request, real) => {
        const response = await real(request);
        if (response.status !== 201) return response;
        const claim = {
          deliveredBytes: "1000000",
          segmentsRoot: `0x${"12".repeat(32)}`,
          signature: `0x${"34".repeat(64)}`,
        };
        return Response.json({ ...((await response.json()) as object), acknowledged: claim }, { status: 201 });
      },
      undefined,
    ]);
    await playAll();
    const { relays } = await viewer.close();
    expect(relays[0]).to.include({ problem: "wrong-signer", spent: 0n, funded: 0n });
    expect(paidBytes(0)).to.equal(0n);
  });
});
