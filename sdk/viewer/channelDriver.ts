import { owed } from "../core/amounts.ts";
import { paymentChannelsDomain } from "../core/deployment.ts";
import { domainSeparator } from "../core/domain.ts";
import { bytesToHex } from "../core/hex.ts";
import type { Hex } from "../core/hex.ts";
import { keccak256 } from "../core/keccak256.ts";
import { receiptDigest } from "../core/receipt.ts";
import { nobleSecp256k1 } from "../core/secp256k1.ts";
import type { SignedFund, SignedTotals, Totals } from "../core/totals.ts";
import { hashMessage } from "../core/typedData.ts";
import { WeirError } from "../core/weirError.ts";
import { dueFund, stepViewer, verifiedTotals, wakeAt } from "../exchange/index.ts";
import type { UnsignedFund, ViewerChannel, ViewerEffect, ViewerInput } from "../exchange/index.ts";
import type { RelayTerms } from "../http/index.ts";
import { asWeirError } from "./asWeirError.ts";
import type { ChannelBook } from "./channelBook.ts";
import { checkChallenge } from "./checkTerms.ts";
import type { Answer, RelayWire } from "./relayWire.ts";
import type { ViewerEvents } from "./viewerEvents.ts";
import type { ViewerConfig } from "./viewerOptions.ts";

/** An input without the time, which the driver adds. */
export type TimelessInput = ViewerInput extends infer Input
  ? Input extends ViewerInput
    ? Omit<Input, "now">
    : never
  : never;

/** One channel at work: the pure machine with key, clock, network and store around it. */
export interface ChannelDriver {
  readonly state: ViewerChannel;
  /** The session token for segment requests; empty before the first session. */
  readonly token: string;
  apply(input: TimelessInput): void;
}

/** What a driver works with. */
export interface ChannelDriverOptions {
  readonly config: ViewerConfig;
  readonly wire: RelayWire;
  readonly terms: RelayTerms;
  readonly book: ChannelBook;
  readonly events: ViewerEvents;
  /** The end of the viewer: nothing is sent after it. */
  readonly lifetime: AbortSignal;
  /** Called for what the machine wants of whoever uses the channel. */
  readonly onEffect: (effect: Extract<ViewerEffect, { type: "drop" | "over" | "left" }>) => void;
  /** Called with what did not work, beside the event. */
  readonly onFailure: (error: WeirError) => void;
  /** Called after every step. */
  readonly onChange: () => void;
}

/** Keeps a machine that asks to be woken in the past from taking the whole processor. */
const LEAST_WAIT_MS = 100;

const utf8 = new TextEncoder();

/** Puts a channel to work. It does nothing by itself before the first input. */
export function driveChannel(initial: ViewerChannel, options: ChannelDriverOptions): ChannelDriver {
  const { book, config, events, lifetime, onChange, onEffect, onFailure, terms, wire } = options;
  const { clock, ledger, policy, signer } = config;
  const domain = domainSeparator(paymentChannelsDomain(config.deployment));
  const { id, channel, seed } = initial;
  let state = initial;
  let token = "";
  /** The highest funding that is in the store. */
  let secured = initial.fund?.total ?? 0n;
  let timer = new AbortController();
  let timerAt: number | undefined;
  /** What the ledger is asked for, if anything is. */
  let reserving: Promise<void> | undefined;
  book.update(wire.origin, state);

  function apply(input: TimelessInput): void {
    if (input.type === "requestRefused" && reserving !== undefined) {
      // Whether the budget is used up is known in a moment; until then the relay's refusal says nothing about it.
      void reserving.then(() => {
        apply(input);
      });
      return;
    }
    const free = book.allowance(state);
    // Before anything was verified nothing is signed, so nothing is reserved; that is no want of budget.
    const isUnused = input.type === "requestRefused" && verifiedTotals(state).deliveredBytes === 0n;
    const reserved = isUnused ? free : (ledger?.reserved(id) ?? free);
    const env = { domain, policy, secp256k1: nobleSecp256k1, allowance: reserved < free ? reserved : free };
    const paid = state.acknowledged.deliveredBytes;
    const now = Math.floor(clock.now() / 1_000);
    const step = stepViewer(state, { ...input, now } as ViewerInput, env);
    state = step.state;
    book.update(wire.origin, state);
    const { deliveredBytes } = state.acknowledged;
    if (deliveredBytes > paid) {
      const amount = owed(deliveredBytes, channel.pricePerGiB);
      events.emit({ type: "paid", relay: wire.origin, deliveredBytes, amount });
    }
    perform(step.effects).catch(fault);
    reserve(now);
    if (input.type === "verified" || input.type === "posted" || input.type === "opened") book.save(id).catch(fault);
    setTimer();
    onChange();
  }

  /** Asks the ledger for what the channel should be funded with and is not reserved yet. */
  function reserve(now: number): void {
    if (ledger === undefined || reserving !== undefined || state.phase !== "open") return;
    const due = dueFund(state, policy, book.allowance(state), now);
    reserving = due && ledger.reserve(id, due.total)?.catch(fault);
    void reserving?.then(() => {
      reserving = undefined;
      apply({ type: "tick" });
    });
  }

  async function perform(effects: readonly ViewerEffect[]): Promise<void> {
    for (const effect of effects) {
      switch (effect.type) {
        case "persist":
          break; // Done by `secure`, each time a funding leaves: one that failed to leave is sent again without this.
        case "open":
          await open(effect);
          break;
        case "post":
          await post(effect);
          break;
        default:
          onEffect(effect);
      }
    }
  }

  /** The budget counts what was signed, so a funding must be in the store before it leaves. */
  async function secure({ total }: UnsignedFund): Promise<void> {
    if (total <= secured) return;
    await book.save(id);
    secured = total;
  }

  async function open(effect: Extract<ViewerEffect, { type: "open" }>): Promise<void> {
    try {
      const challenge = valueOf(await wire.challenge(terms.sessions, config.manifest, lifetime));
      checkChallenge(challenge, terms, config);
      const signature = await signer.signDigest(
        hashMessage(domain, "Open", {
          channelId: id,
          challenge: hashText(challenge.id),
          realmHash: hashText(challenge.realm),
        }),
      );
      const payload = {
        ...{ channel, signature, seed },
        ...(effect.receipt && { receipt: await signReceipt(effect.receipt) }),
        ...(effect.fund && { fund: await signFund(effect.fund) }),
      };
      const source = { chainId: config.deployment.chainId, signer: signer.address };
      const credential = { challenge, payload, source };
      const statement = valueOf(await wire.open(terms.sessions, config.manifest, credential, lifetime));
      token = statement.token;
      apply({ type: "opened", statement });
      if (state.phase === "open") {
        const { pricePerGiB } = channel;
        events.emit({ type: "opened", relay: wire.origin, pricePerGiB, channelId: id });
      }
    } catch (error) {
      lifetime.throwIfAborted();
      apply({ type: "openRefused", code: failed(terms.sessions, error).code });
    }
  }

  async function post(effect: Extract<ViewerEffect, { type: "post" }>): Promise<void> {
    const { post: number, step, fund, end } = effect;
    try {
      const body = {
        token,
        ...(step && { step: { ...step, receipt: await signReceipt(step.receipt) } }),
        ...(fund && { fund: await signFund(fund) }),
        ...(end && { end }),
      };
      const answer = await wire.post(terms.receipts, body, lifetime);
      if (answer.ok) {
        // The late answer of a session that was opened again since says nothing about the new one.
        if (state.post?.number === number) token = answer.value.token;
        apply({ type: "posted", post: number, statement: answer.value });
        return;
      }
      const { error, acknowledged } = answer.problem;
      const { code } = failed(terms.receipts, error);
      apply({ type: "postRefused", post: number, code, ...(acknowledged && { acknowledged }) });
    } catch (error) {
      lifetime.throwIfAborted();
      apply({ type: "postRefused", post: number, code: failed(terms.receipts, error).code });
    }
  }

  async function signReceipt(totals: Totals): Promise<SignedTotals> {
    const { payee, pricePerGiB, gracePeriod, nonce } = channel;
    const { deliveredBytes, segmentsRoot } = totals;
    const message = { payee, pricePerGiB, gracePeriod, nonce, deliveredBytes, segmentsRoot };
    return { ...totals, signature: await signer.signDigest(receiptDigest(domain, message)) };
  }

  async function signFund(fund: UnsignedFund): Promise<SignedFund> {
    await secure(fund);
    // It was reserved before it got into the state, so what is missing was settled: the chain says that the channel is closed.
    if (ledger !== undefined && fund.total > ledger.reserved(id)) throw new WeirError("channel-closed");
    const { payee, pricePerGiB, gracePeriod, nonce } = channel;
    const message = { payee, pricePerGiB, gracePeriod, nonce, total: fund.total, validUntil: fund.validUntil };
    const signature = await signer.signDigest(hashMessage(domain, "Fund", message));
    events.emit({ type: "funded", relay: wire.origin, total: fund.total });
    return { ...fund, signature };
  }

  function failed(what: string, error: unknown): WeirError {
    const typed = asWeirError(error);
    events.emit({ type: "failed", relay: wire.origin, what, error: typed });
    onFailure(typed);
    return typed;
  }

  /** Ends up here: a store that does not take what may wait, and the end of the viewer, which is no fault. */
  function fault(error: unknown): void {
    if (!lifetime.aborted) failed("store", error);
  }

  function setTimer(): void {
    const at = wakeAt(state, { policy });
    if (at === timerAt) return;
    timer.abort();
    timerAt = at;
    if (at === undefined || lifetime.aborted) return;
    timer = new AbortController();
    clock
      .wait(Math.max(LEAST_WAIT_MS, at * 1_000 - clock.now()), AbortSignal.any([timer.signal, lifetime]))
      .then(() => {
        timerAt = undefined;
        apply({ type: "tick" });
      }, nothing);
  }

  return {
    get state() {
      return state;
    },
    get token() {
      return token;
    },
    apply,
  };
}

function hashText(text: string): Hex {
  return bytesToHex(keccak256(utf8.encode(text)));
}

function valueOf<Value>(answer: Answer<Value>): Value {
  if (!answer.ok) throw answer.problem.error;
  return answer.value;
}

function nothing(): undefined {
  return undefined;
}
