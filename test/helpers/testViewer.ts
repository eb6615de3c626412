import { createHash, randomBytes } from "node:crypto";
import {
  bytesToHex,
  channelId,
  domainSeparator,
  extendTotals,
  hashMessage,
  keccak256,
  privateKeySigner,
  receiptDigest,
  resourceId,
} from "../../sdk/core/index.ts";
import type {
  Channel,
  Hex,
  ReceiptStep,
  Secp256k1,
  SegmentEntry,
  SessionSigner,
  SignedFund,
  SignedTotals,
  Totals,
  WeirDomain,
} from "../../sdk/core/index.ts";
import {
  encodeReceiptPost,
  encodeSessionRequest,
  formatAuthorization,
  parseReceiptAnswer,
  parseSessionAnswer,
  parseTerms,
  parseWwwAuthenticate,
} from "../../sdk/http/index.ts";
import type { Challenge, OpenPayload, ReceiptAnswer, ReceiptPost, SessionAnswer } from "../../sdk/http/index.ts";

/** Sends a request to one relay: a path and what `fetch` takes. */
export type RelayFetch = (path: string, init?: RequestInit) => Promise<Response>;

/** The smallest viewer that pays: it does what it is told, honest or not. */
export interface TestViewer {
  readonly signer: SessionSigner;
  readonly channel: Channel;
  readonly id: Hex;
  readonly seed: Hex;
  /** Everything that was downloaded and not posted yet extends these. */
  totals: Totals;
  /** The totals of the last receipt that was acknowledged. */
  acknowledged: Totals;
  entries: SegmentEntry[];
  token: string;
  /** Asks for a challenge. */
  readonly challenge: () => Promise<Challenge>;
  /** Makes the header that answers a challenge. */
  readonly authorization: (challenge: Challenge, change?: Partial<OpenPayload>) => string;
  /** Opens a session; the raw answer. */
  readonly openRaw: (change?: Partial<OpenPayload>) => Promise<Response>;
  /** Opens a session and keeps its token. */
  readonly open: (change?: Partial<OpenPayload>) => Promise<SessionAnswer>;
  /** Downloads a segment and counts it; the raw answer is for refusals. */
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
  readonly download: (path: string) => Promise<Uint8Array>;
  /** Signs a receipt over any totals. */
  readonly receipt: (totals: Totals) => Promise<SignedTotals>;
  readonly fund: (total: bigint, validUntil: number) => Promise<SignedFund>;
  /** What was downloaded since the last acknowledged receipt. */
  readonly step: () => Promise<ReceiptStep>;
  /** Posts anything. */
  readonly post: (post: Partial<ReceiptPost>) => Promise<Response>;
  /** Posts what was downloaded and takes the answer. */
  readonly pay: (more?: Partial<ReceiptPost>) => Promise<ReceiptAnswer>;
}

/** What a test viewer needs to know. */
export interface TestViewerOptions {
  readonly fetch: RelayFetch;
  readonly origin: string;
  readonly domain: WeirDomain;
  /** Path of the stream's directory on the relay. */
  readonly directory?: string;
  readonly key?: Hex;
  /** What signs; plain JavaScript if left out. */
  readonly secp256k1?: Secp256k1 | undefined;
  readonly channel?: Partial<Channel>;
}

/** A viewer on a fresh channel with the relay's own terms. */
export async function testViewer(options: TestViewerOptions): Promise<TestViewer> {
  const { fetch, origin, domain, directory = "/video/" } = options;
  const signer = privateKeySigner(options.key ?? bytesToHex(new Uint8Array(randomBytes(32))), options.secp256k1);
  const terms = parseTerms(await (await fetch("/.well-known/weir")).text(), origin);
  const { payee, pricePerGiB, gracePeriod } = terms;
  const nonce = new DataView(new Uint8Array(randomBytes(8)).buffer).getBigUint64(0);
  const channel: Channel = { signer: signer.address, payee, pricePerGiB, gracePeriod, nonce, ...options.channel };
  const id = channelId(channel);
  const seed = bytesToHex(new Uint8Array(randomBytes(32)));
  const separator = domainSeparator(domain);
  const manifest = `${directory}weir.json`;
  const receiptTerms = {
    payee: channel.payee,
    pricePerGiB: channel.pricePerGiB,
    gracePeriod: channel.gracePeriod,
    nonce: channel.nonce,
  };
  const hashText = (text: string): Hex => bytesToHex(keccak256(new TextEncoder().encode(text)));
  const json = { "content-type": "application/json" };
  const start: Totals = { deliveredBytes: 0n, segmentsRoot: seed };

  const viewer: TestViewer = {
    signer,
    channel,
    id,
    seed,
    totals: start,
    acknowledged: start,
    entries: [],
    token: "",
    async challenge() {
      const response = await fetch("/weir/sessions", {
        method: "POST",
        body: encodeSessionRequest({ manifest }),
        headers: json,
      });
      const challenge = parseWwwAuthenticate(response.headers.get("www-authenticate") ?? "");
      if (challenge === undefined) throw new Error(`no challenge: ${String(response.status)}`);
      return challenge;
    },
    authorization(challenge, change = {}) {
      const open = { channelId: id, challenge: hashText(challenge.id), realmHash: hashText(challenge.realm) };
      const signature = signer.signDigest(hashMessage(separator, "Open", open)) as Hex;
      const payload: OpenPayload = { channel, signature, seed, ...change };
      return formatAuthorization({
        challenge,
        payload,
        source: { chainId: Number(domain.chainId), signer: payload.channel.signer },
      });
    },
    async openRaw(change) {
      const authorization = viewer.authorization(await viewer.challenge(), change);
      return fetch("/weir/sessions", {
        method: "POST",
        body: encodeSessionRequest({ manifest }),
        headers: { ...json, authorization },
      });
    },
    async open(change) {
      const response = await viewer.openRaw(change);
      if (response.status !== 201) throw new Error(`not opened: ${await response.text()}`);
      const answer = parseSessionAnswer(await response.text());
      viewer.token = answer.token;
      return answer;
    },
    get: async (path, init) => fetch(`${directory}${path}?weir=${viewer.token}`, init ?? {}),
    async download(path) {
      const response = await viewer.get(path);
      if (response.status !== 200) throw new Error(`not served: ${await response.text()}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      const entry: SegmentEntry = {
        resource: resourceId(path),
        contentHash: `0x${createHash("sha256").update(bytes).digest("hex")}`,
        size: BigInt(bytes.length),
      };
      viewer.entries.push(entry);
      viewer.totals = extendTotals(viewer.totals, entry);
      return bytes;
    },
    async receipt({ deliveredBytes, segmentsRoot }) {
      const digest = receiptDigest(separator, { ...receiptTerms, deliveredBytes, segmentsRoot });
      return { deliveredBytes, segmentsRoot, signature: await signer.signDigest(digest) };
    },
    async fund(total, validUntil) {
      const digest = hashMessage(separator, "Fund", { ...receiptTerms, total, validUntil });
      return { total, validUntil, signature: await signer.signDigest(digest) };
    },
    async step() {
      return { prev: viewer.acknowledged, entries: [...viewer.entries], receipt: await viewer.receipt(viewer.totals) };
    },
    post: async (post) =>
      fetch("/weir/receipts", {
        method: "POST",
        body: encodeReceiptPost({ token: viewer.token, ...post }),
        headers: json,
      }),
    async pay(more = {}) {
      const step = await viewer.step();
      const response = await viewer.post(step.entries.length === 0 ? more : { step, ...more });
      if (response.status !== 200) throw new Error(`not accepted: ${await response.text()}`);
      const answer = parseReceiptAnswer(await response.text());
      viewer.token = answer.token;
      viewer.acknowledged = step.receipt;
      viewer.entries = viewer.entries.slice(step.entries.length);
      return answer;
    },
  };
  return viewer;
}
