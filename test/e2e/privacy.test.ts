import { appendFile, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { parseEther, stringToHex, toHex } from "viem";
import { getWeirEvents, readAccount, withdrawSync } from "../../sdk/chain/index.ts";
import { leafEntry, nextSegmentsRoot, streamId } from "../../sdk/core/index.ts";
import type { Address, Hex, Manifest } from "../../sdk/core/index.ts";
import { publishFolder } from "../../sdk/publisher/node/index.ts";
import { createViewer } from "../../sdk/viewer/index.ts";
import { makeCast } from "../../scripts/demo/cast.ts";
import type { Cast } from "../../scripts/demo/cast.ts";
import { startRelay } from "../../scripts/demo/relays.ts";
import { openViewerAccount } from "../../scripts/demo/viewers.ts";
import { dumpChain, recordsWith } from "../helpers/chainDump.ts";
import type { ChainRecord } from "../helpers/chainDump.ts";
import { sentCredential } from "../helpers/sentCredential.ts";
import { startLocalDeployment } from "../../scripts/local/localDeployment.ts";
import type { LocalDeployment } from "../../scripts/local/localDeployment.ts";

const MEDIA = fileURLToPath(new URL("../media/testcard/", import.meta.url));
const TITLES = ["a-quiet-documentary", "a-loud-comedy", "a-private-lesson"];
const VIEWERS = 9;
const SEGMENTS = 13;
const PRICE = parseEther("20");
const BUDGET = parseEther("1");
const ZERO_ROOT: Hex = `0x${"00".repeat(32)}`;

describe("privacy: what a search of the whole chain finds", function () {
  this.timeout(180_000);

  const closers: (() => Promise<unknown>)[] = [];
  const manifests: Manifest[] = [];
  /** Secrets that viewers and relays told each other over HTTP, as they stood in the messages. */
  const secrets = new Map<string, Hex>();
  let local: LocalDeployment;
  let cast: Cast;
  let records: ChainRecord[];

  before("nine viewers watch three titles through two relays, and everybody settles", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "weir-privacy-"));
    closers.push(async () => rm(folder, { recursive: true, force: true }));
    local = await startLocalDeployment();
    closers.push(async () => local.stop());
    cast = makeCast(VIEWERS);
    for (const title of TITLES) manifests.push(await publishTitle(folder, title));
    const relays: string[] = [];
    for (const part of cast.relays.filter(({ behaviour }) => behaviour !== "corrupting")) {
      for (const { address } of [part.operator, part.agent]) await giveCoins(address);
      const relay = await startRelay(
        local,
        { ...part, behaviour: "honest" },
        {
          deployment: local.deployment,
          streams: TITLES.map((title) => ({
            path: `/${title}/`,
            source: path.join(folder, title),
            publisher: cast.publisher.address,
          })),
          pricePerGiB: PRICE,
          stake: parseEther("1000"),
          commissionBps: 0,
          tokenPerEther: parseEther("0.01"),
          folder,
        },
      );
      closers.push(relay.stop);
      relays.push(relay.url);
    }
    await giveCoins(cast.sponsor.address);
    for (const viewer of cast.viewers) {
      await giveCoins(viewer.owner.address);
      await local.mint(viewer.owner.address, BUDGET);
      await openViewerAccount(local, cast, viewer, { deployment: local.deployment, budget: BUDGET });
    }
    await Promise.all(cast.viewers.map(async (_, index) => watchTitle(index, relays)));
    await untilSettled();
    for (const { owner, signer } of cast.viewers) {
      const { balance } = await readAccount(local.publicClient, {
        deployment: local.deployment,
        signer: signer.address,
      });
      const call = { deployment: local.deployment, signer: signer.address, amount: balance, to: owner.address };
      await withdrawSync(local.wallet(owner), call);
    }
    records = await dumpChain(local);
  });

  after(async () => {
    for (const close of closers.reverse()) await close();
  });

  it("finds what is meant to be there: the search works", async () => {
    const events = await getWeirEvents(local.publicClient, {
      deployment: local.deployment,
      fromBlock: 0n,
      toBlock: await local.publicClient.getBlockNumber(),
      eventNames: ["Settled"],
    });
    const [settlement] = events.flatMap(({ args }) => args.settlements);
    expect(settlement).to.not.equal(undefined);
    expect(recordsWith(records, settlement?.channelId ?? "0x").map(({ kind }) => kind)).to.include("log");
    for (const { signer } of cast.viewers) {
      expect(recordsWith(records, signer.address).map(({ kind }) => kind)).to.include("transaction");
    }
    for (const kind of ["transaction", "log", "slot"]) {
      expect(records.filter((record) => record.kind === kind).length, kind).to.be.greaterThan(VIEWERS);
    }
  });

  it("finds no title, path, content hash, manifest, stream or publisher", () => {
    for (const manifest of manifests) {
      expectAbsent(manifest.root, "manifest root");
      expectAbsent(streamId(manifest.publisher, manifest.name), "stream id");
      expectAbsent(manifest.publisher, "publisher");
      expectAbsent(manifest.signature, "manifest signature");
      expectAbsent(stringToHex(manifest.name), "title");
      for (const leaf of manifest.leaves) {
        const { resource, contentHash } = leafEntry(leaf);
        expectAbsent(resource, `resource ${leaf.path}`);
        expectAbsent(contentHash, `content of ${leaf.path}`);
        expectAbsent(stringToHex(leaf.path), `path ${leaf.path}`);
      }
    }
  });

  it("finds no segments root that can be guessed without the secret", () => {
    for (const { leaves } of manifests) {
      let played = ZERO_ROOT;
      for (const leaf of leaves) {
        const entry = leafEntry(leaf);
        expectAbsent(nextSegmentsRoot(ZERO_ROOT, entry), `root of ${leaf.path} alone`);
        played = nextSegmentsRoot(played, entry);
        expectAbsent(played, `root of everything up to ${leaf.path}`);
      }
    }
  });

  it("finds no seed, challenge, Open signature, session or token", () => {
    expect(new Set([...secrets.keys()].map((name) => name.split(" ")[0]))).to.deep.equal(
      new Set(["seed", "challenge", "open", "session", "token"]),
    );
    for (const [name, bytes] of secrets) expectAbsent(bytes, name);
  });

  it("finds a viewer's wallet only in its own deposits and withdrawals, never beside a relay", () => {
    const payees = cast.relays.flatMap(({ operator, agent, beneficiary }) => [
      operator.address,
      agent.address,
      ...(beneficiary === undefined ? [] : [beneficiary]),
    ]);
    for (const { owner } of cast.viewers) {
      const found = recordsWith(records, owner.address);
      expect(found.length).to.be.greaterThan(0);
      for (const record of found) {
        for (const payee of payees) expect(recordsWith([record], payee), `wallet beside ${payee}`).to.deep.equal([]);
      }
    }
  });

  function expectAbsent(bytes: Hex, what: string): void {
    expect(bytes.length, `${what} is long enough to search for`).to.be.greaterThan(14);
    expect(recordsWith(records, bytes), what).to.deep.equal([]);
  }

  async function giveCoins(address: Address): Promise<void> {
    await local.testClient.setBalance({ address, value: parseEther("1") });
  }

  /** The test stream under another title, told apart from the others by one more file. */
  async function publishTitle(folder: string, title: string): Promise<Manifest> {
    await cp(MEDIA, path.join(folder, title), { recursive: true });
    await appendFile(path.join(folder, title, "poster.svg"), `<svg><title>${title}</title></svg>`);
    return publishFolder(path.join(folder, title), { signer: cast.publisher, name: title });
  }

  async function watchTitle(index: number, relays: readonly string[]): Promise<void> {
    const title = TITLES[index % TITLES.length] ?? "";
    const signer = cast.viewers[index]?.signer;
    if (signer === undefined) throw new Error(`there is no viewer ${index}`);
    const viewer = createViewer({
      deployment: local.deployment,
      signer,
      publisher: cast.publisher.address,
      name: title,
      manifest: `/${title}/weir.json`,
      relays,
      maxPricePerGiB: PRICE,
      budget: BUDGET,
      policy: { postBytes: 65_536n, fundBytes: 1_048_576n },
      fetch: eavesdrop,
    });
    for (let segment = 0; segment < SEGMENTS; segment += 1) {
      const response = await viewer.fetch(`360p/segment-${segment}.m4s`);
      expect(response.status).to.equal(200);
    }
    await viewer.close();
  }

  /** Sees everything that a viewer and its relays say to each other, and keeps what must stay between them. */
  async function eavesdrop(url: string, init?: RequestInit): Promise<Response> {
    const credential = sentCredential(init);
    if (credential !== undefined) {
      const { challenge, payload } = JSON.parse(
        Buffer.from(credential.replace(/^Payment /, ""), "base64url").toString(),
      ) as { challenge: { id: string }; payload: { seed: Hex; signature: Hex } };
      secrets.set(`seed ${payload.seed}`, payload.seed);
      secrets.set(`open ${payload.signature}`, payload.signature);
      secrets.set(`challenge ${challenge.id}`, toHex(Buffer.from(challenge.id, "base64url")));
    }
    const response = await fetch(url, init);
    if (init?.method === "POST" && response.ok) {
      const { session, token } = (await response.clone().json()) as { session?: string; token: string };
      secrets.set(`token ${token}`, toHex(Buffer.from(token, "base64url")));
      if (session !== undefined)
        secrets.set(`session ${session}`, session.startsWith("0x") ? (session as Hex) : stringToHex(session));
    }
    return response;
  }

  /** Waits until the relays have settled something for every viewer. */
  async function untilSettled(): Promise<void> {
    for (;;) {
      const toBlock = await local.publicClient.getBlockNumber({ cacheTime: 0 });
      const range = { deployment: local.deployment, fromBlock: 0n, toBlock };
      const settled = await getWeirEvents(local.publicClient, { ...range, eventNames: ["Settled"] });
      const funded = await getWeirEvents(local.publicClient, { ...range, eventNames: ["Funded"] });
      const ids = new Set(settled.flatMap(({ args }) => args.settlements.map(({ channelId }) => channelId)));
      const payers = new Set(funded.filter(({ args }) => ids.has(args.channelId)).map(({ args }) => args.signer));
      if (payers.size === VIEWERS) return;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
});
