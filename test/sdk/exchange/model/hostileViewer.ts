import { bytesToHex } from "../../../../sdk/core/index.ts";
import type { Address, Channel, Hex, ReceiptStep, SignedFund, Totals } from "../../../../sdk/core/index.ts";
import { extendAll } from "../../../../sdk/exchange/signedStatements.ts";
import { Key, resources } from "./ground.ts";
import type { Ground } from "./ground.ts";
import type { Request, Response } from "./wire.ts";

/** One channel that the viewer abuses. */
interface Target {
  readonly relay: number;
  readonly channel: Channel;
  readonly seed: Hex;
  session: string;
  /** Where its receipts stand, as far as it cares. */
  totals: Totals;
  /** Bytes that it got whole and did not pay for. */
  unpaid: number[];
  readonly posts: Extract<Request, { type: "post" }>[];
}

/** What a hostile viewer may post. */
export const hostilePosts = [
  "pays",
  "pays ahead",
  "lies in entries",
  "lies in prev",
  "wrong parity",
  "high s",
  "another channel",
  "replays",
  "lowers",
  "inflates",
  "dust fund",
  "unbacked fund",
  "expired fund",
  "fund for another channel",
  "ends",
] as const;

/** A viewer that takes what it can get and signs what suits it. It has a key, money, and no conscience. */
export class HostileViewer {
  readonly ground: Ground;
  readonly index: number;
  readonly key: Key;
  readonly #targets: Target[] = [];
  readonly #opening = new Map<number, Target>();
  readonly #getting = new Map<number, { readonly target: Target; readonly resource: number }>();

  constructor(ground: Ground, index: number) {
    this.ground = ground;
    this.index = index;
    this.key = new Key(ground, index);
  }

  /** Opens a session, on a fresh channel or again on an old one. */
  open(relay: number, payee: Address, fresh: boolean): void {
    let target = this.#targets.findLast((other) => other.relay === relay);
    if (!target || fresh) {
      const seed = this.ground.seed();
      const channel = this.ground.channel(this.key.address, payee);
      const totals = { deliveredBytes: 0n, segmentsRoot: seed };
      target = { relay, channel, seed, session: "", totals, unpaid: [], posts: [] };
      this.#targets.push(target);
    }
    const request = this.#send(target, { type: "open", channel: target.channel, seed: target.seed });
    this.#opening.set(request, target);
  }

  get(position: number, resource: number): void {
    const target = this.#pick(position);
    if (!target) return;
    const { channel, session } = target;
    this.#getting.set(this.#send(target, { type: "get", channel, session, resource }), { target, resource });
  }

  post(position: number, kind: (typeof hostilePosts)[number], amount: number): void {
    const target = this.#pick(position);
    if (!target) return;
    const { channel, session } = target;
    const base = { type: "post", channel, session } as const;
    const now = this.ground.now;
    const fund = (total: bigint, validUntil: number): SignedFund => this.key.fund(channel, { total, validUntil });
    let post: Request;
    switch (kind) {
      case "pays":
        post = { ...base, step: this.#step(target, target.unpaid) };
        break;
      case "pays ahead":
        post = { ...base, step: this.#step(target, [...target.unpaid, amount % 10]) };
        break;
      case "lies in entries": {
        const step = this.#step(target, [amount % 10]);
        post = { ...base, step: { ...step, entries: [resources[(amount + 1) % 10]!.entry] } };
        break;
      }
      case "lies in prev": {
        const prev = {
          deliveredBytes: target.totals.deliveredBytes + BigInt(amount),
          segmentsRoot: this.ground.seed(),
        };
        post = { ...base, step: this.#step({ ...target, totals: prev }, [amount % 10]) };
        break;
      }
      case "wrong parity": {
        const step = this.#step(target, [amount % 10]);
        post = { ...base, step: { ...step, receipt: { ...step.receipt, signature: flip(step.receipt.signature) } } };
        break;
      }
      case "high s": {
        const step = this.#step(target, [amount % 10]);
        const signature: Hex = `${step.receipt.signature.slice(0, 66) as Hex}${"f".repeat(64)}`;
        post = { ...base, step: { ...step, receipt: { ...step.receipt, signature } } };
        break;
      }
      case "another channel": {
        const step = this.#step(target, [amount % 10]);
        const receipt = this.key.receipt({ ...channel, nonce: channel.nonce + 1n }, step.receipt);
        post = { ...base, step: { ...step, receipt } };
        break;
      }
      case "replays":
        post = target.posts[amount % Math.max(1, target.posts.length)] ?? base;
        break;
      case "lowers": {
        const prev = { deliveredBytes: target.totals.deliveredBytes / 2n, segmentsRoot: target.seed };
        post = { ...base, step: this.#step({ ...target, totals: prev }, []) };
        break;
      }
      case "inflates": {
        const prev = { deliveredBytes: target.totals.deliveredBytes + 100_000n, segmentsRoot: target.seed };
        post = { ...base, step: this.#step({ ...target, totals: prev }, [amount % 10]) };
        break;
      }
      case "dust fund":
        post = { ...base, fund: fund(1n, now + 3_600) };
        break;
      case "unbacked fund":
        post = { ...base, fund: fund(10n ** 20n, now + 3_600) };
        break;
      case "expired fund":
        post = { ...base, fund: fund(BigInt(amount) + 50n, now) };
        break;
      case "fund for another channel":
        post = { ...base, fund: { ...fund(BigInt(amount) + 50n, now + 3_600), total: BigInt(amount) + 51n } };
        break;
      case "ends":
        post = { ...base, step: this.#step(target, target.unpaid), end: true };
    }
    this.ground.tally.add(`hostile post: ${kind}`);
    target.posts.push(post);
    this.#send(target, post);
  }

  /** A funding that it can stand by, so that its channel looks like any other. */
  fund(position: number, total: bigint): void {
    const target = this.#pick(position);
    if (!target) return;
    const { channel, session } = target;
    const fund = this.key.fund(channel, { total, validUntil: this.ground.now + 3_600 });
    this.#send(target, { type: "post", channel, session, fund });
  }

  fundOnChain(position: number, total: bigint): void {
    const target = this.#pick(position);
    if (target) this.ground.chain.fund(target.channel, total);
  }

  requestClose(position: number): void {
    const target = this.#pick(position);
    if (target && this.ground.chain.requestClose(target.channel, this.ground.now)) {
      this.ground.tally.add("payer requests a close");
    }
  }

  receive(request: number, response: Response): void {
    const opening = this.#opening.get(request);
    if (opening && response.type === "opened") {
      opening.session = response.session;
      opening.totals = response.statement.acknowledged;
    }
    const got = this.#getting.get(request);
    if (got && response.type === "body" && response.whole) got.target.unpaid.push(got.resource);
    if (response.type === "posted") {
      const target = this.#targets.find(({ posts }) => posts.length > 0);
      if (target) target.unpaid = [];
    }
  }

  #step(target: Pick<Target, "channel" | "totals">, indexes: readonly number[]): ReceiptStep {
    const entries = indexes.map((i) => resources[i]!.entry);
    const totals = extendAll(target.totals, entries);
    return { prev: target.totals, entries, receipt: this.key.receipt(target.channel, totals) };
  }

  #pick(position: number): Target | undefined {
    return this.#targets[position % Math.max(1, this.#targets.length)];
  }

  #send(target: Target, content: Request): number {
    const request = this.ground.serial();
    this.ground.network.send({ to: "relay", relay: target.relay, viewer: this.index, request, content });
    return request;
  }
}

function flip(signature: Hex): Hex {
  const bytes = Uint8Array.from(Buffer.from(signature.slice(2), "hex"));
  bytes[32] = bytes[32]! ^ 0x80;
  return bytesToHex(bytes);
}
