import { expect } from "chai";
import fc from "fast-check";
import {
  deliverySigner,
  domainSeparator,
  formatManifest,
  leafEntry,
  paymentChannelsDomain,
  privateKeySigner,
  resourceId,
} from "../../../sdk/core/index.ts";
import type { Hex, SegmentEntry, SessionSigner } from "../../../sdk/core/index.ts";
import { recoverDeliveries } from "../../../sdk/viewer/testimony.ts";
import type { Testimony } from "../../../sdk/viewer/index.ts";
import { bytes32, privateKey } from "../../helpers/arbitraries.ts";
import { errorCode } from "../../helpers/errorCode.ts";
import { paperDeployment, paperDomain, randomFile, testManifest } from "../../helpers/relayFixture.ts";
import { signDelivery } from "../../helpers/signDelivery.ts";
import { relayKey, startNetwork, startViewer } from "./relayNetwork.ts";
import type { RelayNetwork, Tamper, TestedViewer } from "./relayNetwork.ts";

const domain = domainSeparator(paperDomain);
const agent = privateKeySigner(relayKey(0));
const sleep = async (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe("recoverDeliveries", () => {
  const clues = fc.record({
    channelId: bytes32,
    manifestRoot: bytes32,
    listed: fc.record({ resource: bytes32, contentHash: bytes32, size: uint64 }),
    received: fc.record({ contentHash: bytes32, size: uint64 }),
  });
  const which = fc.constantFrom(
    ["received", "received"],
    ["listed", "listed"],
    ["received", "listed"],
    ["listed", "received"],
  ) as fc.Arbitrary<["received" | "listed", "received" | "listed"]>;

  it("finds whatever hash and size the agent signed, of what arrived and what is listed", async () => {
    await fc.assert(
      fc.asyncProperty(clues, which, async ({ channelId, manifestRoot, listed, received }, [hashOf, sizeOf]) => {
        const { contentHash } = { received, listed }[hashOf];
        const { size } = { received, listed }[sizeOf];
        const { resource } = listed;
        const signed = await signDelivery(paperDomain, agent, { channelId, manifestRoot, resource, contentHash, size });
        const { signature } = signed;
        const said = { domain, channelId, manifestRoot, listed, received, signature };
        expect(recoverDeliveries({ ...said, agent: agent.address })).to.deep.equal({
          byAgent: true,
          deliveries: [signed],
        });
      }),
      { numRuns: 50 },
    );
  });

  it("gives all that may have been signed if it was not the agent who did, but for the truth", async () => {
    await fc.assert(
      fc.asyncProperty(clues, which, privateKey, async ({ listed, received, ...about }, [hashOf, sizeOf], key) => {
        const { contentHash } = { received, listed }[hashOf];
        const { size } = { received, listed }[sizeOf];
        const other = privateKeySigner(key);
        const delivery = { ...about, resource: listed.resource, contentHash, size };
        const { signature } = await signDelivery(paperDomain, other, delivery);
        const said = { domain, ...about, listed, received, signature, agent: agent.address };
        const { byAgent, deliveries } = recoverDeliveries(said);
        expect(byAgent).to.equal(false);
        const isTrue = contentHash === listed.contentHash && size === listed.size;
        const signers = deliveries.map((each) => deliverySigner(domain, each));
        expect(signers.includes(other.address)).to.equal(!isTrue);
        expect(
          deliveries.some(
            (each) => each.delivery.contentHash === listed.contentHash && each.delivery.size === listed.size,
          ),
        ).to.equal(false);
      }),
      { numRuns: 50 },
    );
  });

  it("gives nothing for what is no signature", () => {
    const listed = { resource: resourceId("a"), contentHash: resourceId("b"), size: 1n };
    const about = { domain, channelId: domain, manifestRoot: domain, listed, received: { ...listed, size: 2n } };
    for (const signature of [
      null,
      "",
      "0x",
      `0x${"00".repeat(65)}`,
      `0x${"00".repeat(64)}`,
      `0x${"ff".repeat(64)}`,
      "x",
    ]) {
      expect(recoverDeliveries({ ...about, signature, agent: agent.address })).to.deep.equal({
        byAgent: false,
        deliveries: [],
      });
    }
  });
});

describe("a viewer with a reporter", () => {
  let network: RelayNetwork;
  let viewer: TestedViewer;
  let heard: Testimony[];

  const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<Hex> =>
    `0x${Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex")}`;

  /** Changes what is sent of the first segment, and has somebody sign something about it. */
  const sends =
    (
      change: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>,
      sign: (content: Pick<SegmentEntry, "contentHash" | "size">) => Partial<SegmentEntry>,
      by: SessionSigner = agent,
    ): Tamper =>
    async (request, relay) => {
      const response = await relay(request);
      if (!request.url.includes("segment-0.m4s") || response.status !== 200) return response;
      const body = change(new Uint8Array(await response.arrayBuffer()));
      const opened = viewer.events.find((event) => event.type === "opened")!;
      const manifest = viewer.events.find((event) => event.type === "manifest")!;
      const sent = { contentHash: await sha256(body), size: BigInt(body.length) };
      const { signature } = await signDelivery(paymentChannelsDomain(paperDeployment), by, {
        channelId: opened.channelId,
        manifestRoot: manifest.root,
        resource: resourceId("segment-0.m4s"),
        ...sent,
        ...sign(sent),
      });
      return new Response(body, { status: 200, headers: { "weir-delivery": signature } });
    };

  const flip = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
    bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte));
  const cut = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => bytes.slice(0, -100);
  const grow = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => new Uint8Array([...bytes, ...bytes]);
  const keep = (bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => bytes;
  const truly = (): Partial<SegmentEntry> => ({});

  async function start(tamper: Tamper | undefined, hasReporter = true): Promise<void> {
    heard = [];
    network = await startNetwork([{}]);
    network.relays[0]!.tamper = tamper;
    viewer = startViewer(network, {
      timing: { giveUp: 1_500 },
      ...(hasReporter && { reporter: { note: (testimony) => heard.push(testimony) } }),
    });
    await viewer.get("segment-1.m4s");
    heard.length = 0;
  }

  afterEach(async () => {
    await viewer.close();
    await network.stop();
  });

  const proof = () => viewer.events.find((event) => event.type === "corrupt")?.proof;

  for (const [what, change, sign] of [
    ["a wrong byte", flip, truly],
    ["too little", cut, truly],
    ["too little, with the size that is listed", cut, () => ({ size: 100_000n })],
    ["too much", grow, truly],
    ["too much, with the size that is listed", grow, () => ({ size: 100_000n })],
  ] as const) {
    it(`hands over the manifest and the delivery of ${what}`, async () => {
      await start(sends(change, sign));
      expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
      const [testimony] = heard as [Testimony];
      expect(heard).to.have.length(1);
      expect(testimony).to.include({ relay: network.relays[0]!.origin, byAgent: true });
      expect(testimony.deliveries).to.deep.equal([proof()]);
      expect(deliverySigner(domain, testimony.deliveries[0]!)).to.equal(agent.address);
      expect(testimony.manifest!.leaves.map(leafEntry).map(({ resource }) => resource)).to.include(
        testimony.deliveries[0]!.delivery.resource,
      );
    });
  }

  it("hands over all that may have been signed when the relay's terms name another agent", async () => {
    const other = privateKeySigner(relayKey(9));
    await start(sends(cut, truly, other));
    expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
    expect(proof()).to.equal(undefined);
    expect(heard).to.have.length(1);
    expect(heard[0]!.byAgent).to.equal(false);
    expect(heard[0]!.manifest).not.to.equal(undefined);
    expect(heard[0]!.deliveries.map((signed) => deliverySigner(domain, signed))).to.include(other.address);
  });

  describe("given a live stream, and a relay that still is at an earlier manifest", () => {
    const old = (): Hex => viewer.events.find((event) => event.type === "manifest")!.root;

    async function goOn(): Promise<void> {
      const { files } = network.source;
      const resources = [...files].filter(([path]) => path !== "weir.json").map(([path, bytes]) => ({ path, bytes }));
      const next = { path: "segment-8.m4s", bytes: randomFile(1_000) };
      files.set(next.path, next.bytes);
      files.set("weir.json", new TextEncoder().encode(formatManifest(await testManifest([...resources, next], 1n))));
      await sleep(1_100);
      await viewer.get("segment-8.m4s");
      heard.length = 0;
    }

    it("hands over the manifest that the delivery is about", async () => {
      await start(sends(flip, truly));
      await goOn();
      expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
      expect(heard).to.have.length(1);
      expect(heard[0]!.byAgent).to.equal(true);
      expect(heard[0]!.manifest!.root).to.equal(old());
      expect(heard[0]!.deliveries).to.deep.equal([proof()]);
      expect(proof()!.delivery.manifestRoot).to.equal(old());
    });

    it("knows what it signed rightly", async () => {
      await start(sends(keep, truly));
      await goOn();
      await viewer.get("segment-0.m4s");
      expect(heard).to.have.length(1);
      expect(heard[0]).to.include({ byAgent: true, manifest: undefined });
      expect(heard[0]!.deliveries[0]!.delivery.manifestRoot).to.equal(old());
    });
  });

  it("accuses nobody who signed what is listed and sent something else", async () => {
    let listed: Hex = "0x";
    await start(sends(flip, () => ({ contentHash: listed })));
    listed = await sha256(new Uint8Array(network.bytes("segment-0.m4s")));
    expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
    expect(proof()).to.equal(undefined);
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include({ byAgent: true, manifest: undefined });
  });

  it("hands over what a relay signed rightly, for a reporter to remember", async () => {
    await start(undefined);
    await viewer.get("segment-0.m4s");
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include({ byAgent: true, manifest: undefined });
    expect(deliverySigner(domain, heard[0]!.deliveries[0]!)).to.equal(agent.address);
  });

  it("does not mind what else is signed, as long as the bytes are right", async () => {
    await start(sends(keep, () => ({ size: 1n })));
    expect(await viewer.get("segment-0.m4s")).to.deep.equal(network.bytes("segment-0.m4s"));
    expect(heard).to.deep.equal([]);
  });

  it("reads no byte too many without one", async () => {
    await start(sends(grow, truly), false);
    expect(await errorCode(viewer.get("segment-0.m4s"))).to.equal("no-relay-left");
    expect(proof()).to.equal(undefined);
    expect(viewer.status().refusedBytes <= 100_000n).to.equal(true);
  });
});
