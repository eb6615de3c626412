import {
  domainSeparator,
  extendTotals,
  hashMessage,
  nobleSecp256k1,
  privateKeyToAddress,
  receiptDigest,
  signDigest,
  weirDomain,
} from "../../../sdk/core/index.ts";
import type {
  Acknowledged,
  Channel,
  Hex,
  ReceiptStep,
  SegmentEntry,
  SignedFund,
  SignedTotals,
  Totals,
  WeirErrorCode,
} from "../../../sdk/core/index.ts";
import { defaultRelayPolicy, defaultViewerPolicy, newRelayChannel, stepRelay } from "../../../sdk/exchange/index.ts";
import type {
  ChainView,
  RelayChannel,
  RelayEffect,
  RelayEnv,
  RelayInput,
  RelayPolicy,
  ViewerEnv,
  ViewerPolicy,
} from "../../../sdk/exchange/index.ts";

export const MIB = 1n << 20n;
export const NOW = 1_800_000_000;

export const KEY: Hex = `0x${"01".repeat(32)}`;
export const OTHER_KEY: Hex = `0x${"02".repeat(32)}`;

export const DOMAIN = domainSeparator(
  weirDomain({ chainId: 31_337, verifyingContract: `0x${"5e".repeat(20)}`, salt: `0x${"5a".repeat(32)}` }),
);

/** One base unit of the token pays for one byte. */
export const channel: Channel = {
  signer: privateKeyToAddress(KEY),
  payee: `0x${"ee".repeat(20)}`,
  pricePerGiB: 1n << 30n,
  gracePeriod: 3_600,
  nonce: 7n,
};

export const SEED: Hex = `0x${"5e".repeat(32)}`;

export function entry(size: bigint, number = 0): SegmentEntry {
  const byte = number.toString(16).padStart(2, "0");
  return { resource: `0x${byte.repeat(32)}`, contentHash: `0x${"c0".repeat(32)}`, size };
}

export function signReceipt(totals: Totals, key: Hex = KEY, of: Channel = channel): SignedTotals {
  const { payee, pricePerGiB, gracePeriod, nonce } = of;
  const { deliveredBytes, segmentsRoot } = totals;
  const message = { payee, pricePerGiB, gracePeriod, nonce, deliveredBytes, segmentsRoot };
  return { ...totals, signature: signDigest(receiptDigest(DOMAIN, message), key) };
}

export function signFund(total: bigint, validUntil: number, key: Hex = KEY, of: Channel = channel): SignedFund {
  const { payee, pricePerGiB, gracePeriod, nonce } = of;
  const message = { payee, pricePerGiB, gracePeriod, nonce, total, validUntil };
  return { total, validUntil, signature: signDigest(hashMessage(DOMAIN, "Fund", message), key) };
}

/** The receipt for these transfers, on top of `prev`. */
export function receiptFor(prev: Totals, ...entries: readonly SegmentEntry[]): ReceiptStep {
  const { deliveredBytes, segmentsRoot } = entries.reduce(extendTotals, prev);
  return { prev: totalsOf(prev), entries, receipt: signReceipt({ deliveredBytes, segmentsRoot }) };
}

export function totalsOf({ deliveredBytes, segmentsRoot }: Totals): Totals {
  return { deliveredBytes, segmentsRoot };
}

export function relayEnv(policy: Partial<RelayPolicy> = {}): RelayEnv {
  return { domain: DOMAIN, secp256k1: nobleSecp256k1, policy: { ...defaultRelayPolicy, ...policy } };
}

export function viewerEnv(policy: Partial<ViewerPolicy> = {}, allowance = 1n << 40n): ViewerEnv {
  return { domain: DOMAIN, secp256k1: nobleSecp256k1, policy: { ...defaultViewerPolicy, ...policy }, allowance };
}

export function chainView(view: Partial<ChainView>): ChainView {
  return { block: 1, deposit: 0n, settledBytes: 0n, closeRequestedAt: 0, closed: false, balance: 1n << 40n, ...view };
}

/** An input without its time; `Harness` adds it. */
export type Timeless<Input> = Input extends unknown ? Omit<Input, "now"> : never;

/** A relay's channel on the bench: applies inputs and keeps what came of the last one. */
export class RelayBench {
  state: RelayChannel;
  now = NOW;
  effects: readonly RelayEffect[] = [];
  readonly env: RelayEnv;

  constructor(policy: Partial<RelayPolicy> = {}, of: Channel = channel) {
    this.env = relayEnv(policy);
    this.state = newRelayChannel(of, SEED);
  }

  apply(input: Timeless<RelayInput>): this {
    const step = stepRelay(this.state, { ...input, now: this.now } as RelayInput, this.env);
    this.effects = step.effects;
    this.state = step.state;
    return this;
  }

  /** The chain is read, in a later block than before. */
  chain(view: Partial<ChainView>): this {
    return this.apply({ type: "chain", view: { ...this.state.chain, block: this.state.chain.block + 1, ...view } });
  }

  open(session = "session", startingCredit = 8n * MIB): this {
    if (this.state.chain.block < 0) this.apply({ type: "chain", view: chainView({}) });
    return this.apply({ type: "open", session, seed: SEED, startingCredit });
  }

  reserve(transfer: string, size: bigint, session = "session"): this {
    return this.apply({ type: "reserve", session, transfer, size });
  }

  /** A whole transfer, from reservation to end. */
  serve(size: bigint, sent = size): this {
    this.reserve("transfer", size);
    if (this.refused !== undefined) throw new Error(`the transfer was refused: ${this.refused}`);
    return this.apply({ type: "transferred", transfer: "transfer", sent });
  }

  /** The viewer receipts so many more bytes in one entry. */
  pay(bytes: bigint): this {
    this.apply({ type: "post", session: "session", step: receiptFor(this.state.acknowledged, entry(bytes)) });
    if (this.refused !== undefined) throw new Error(`the receipt was refused: ${this.refused}`);
    return this;
  }

  get refused(): WeirErrorCode | undefined {
    return this.#effect("refuse")?.error.code;
  }

  get acknowledged(): Acknowledged | undefined {
    return this.#effect("acknowledge")?.acknowledged;
  }

  get admitted(): boolean {
    return this.#effect("admit") !== undefined;
  }

  #effect<Type extends RelayEffect["type"]>(type: Type): Extract<RelayEffect, { type: Type }> | undefined {
    return this.effects.find((effect): effect is Extract<RelayEffect, { type: Type }> => effect.type === type);
  }
}
