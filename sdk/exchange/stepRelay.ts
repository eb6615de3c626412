import { coveredBytes, WeirError } from "../core/index.ts";
import type { SignedFund, SignedTotals, WeirErrorCode } from "../core/index.ts";
import {
  assertAccepting,
  assertServing,
  confirmedBytes,
  creditBytes,
  outstandingBytes,
  reservedBytes,
  securedBytes,
} from "./relayChannel.ts";
import type { ChainView, RelayChannel, Transfer } from "./relayChannel.ts";
import type { RelayPolicy } from "./relayPolicy.ts";
import type { CollectReason, RelayEffect, RelayEnv, RelayInput, RelayStep } from "./relayStep.ts";
import { assertConsistent, assertFund, assertReceipt, isSameTotals } from "./signedStatements.ts";

type InputOf<Type extends RelayInput["type"]> = Extract<RelayInput, { readonly type: Type }>;

/**
 * One step of a channel on its relay's side (X1 to X8). Pure: the same state and input give the same result. What a viewer
 * sent and got wrong comes back as a `refuse` effect with the state untouched; nothing is thrown for it.
 */
export function stepRelay(state: RelayChannel, input: RelayInput, env: RelayEnv): RelayStep {
  switch (input.type) {
    case "open":
      return refusing(state, () => open(state, input, env));
    case "reserve":
      return refusing(state, () => reserve(state, input, env));
    case "handOver":
      return refusing(state, () => handOver(state, input, env));
    case "transferred":
      return transferred(state, input, env);
    case "post":
      return refusing(state, () => post(state, input, env));
    case "release":
      return refusing(state, () => release(state, input));
    case "end":
      return input.session === state.session
        ? endSession(recover(state, env.policy, input.now), input.now)
        : idle(state);
    case "chain":
      return chain(state, input, env);
    case "recover":
      return recoverTransfers(state, input, env);
    case "settling":
      return refusing(state, () => settling(state, input));
    case "funding":
      return { state: { ...state, funding: input.total }, effects: [] };
  }
}

function idle(state: RelayChannel): RelayStep {
  return { state, effects: [] };
}

/** A refusal is a typed error anywhere below; any other error is a defect and goes up. */
function refusing(state: RelayChannel, step: () => RelayStep): RelayStep {
  try {
    return step();
  } catch (error) {
    if (!WeirError.is(error)) throw error;
    return { state, effects: [refusal(state, error)] };
  }
}

function refusal(state: RelayChannel, error: WeirError): RelayEffect {
  return error.code === "receipt-stale"
    ? { type: "refuse", error, acknowledged: state.acknowledged }
    : { type: "refuse", error };
}

// ------------------------------------------------------------------------------------------------------ sessions

function open(before: RelayChannel, input: InputOf<"open">, env: RelayEnv): RelayStep {
  assertServing(before);
  let state: RelayChannel = {
    ...recover(before, env.policy, input.now),
    session: input.session,
    endedAt: 0,
    startingCredit: input.startingCredit,
    finished: false,
  };
  if (state.acknowledged.deliveredBytes === 0n) {
    const { seed } = input;
    state = { ...state, seed, acknowledged: { deliveredBytes: 0n, segmentsRoot: seed } };
  }
  if (input.fund) state = takeFund(state, input.fund, env, input.now);
  if (input.receipt && input.receipt.deliveredBytes > state.acknowledged.deliveredBytes) {
    state = takeReceipt(state, input.receipt, env, input.now);
  }
  if (state.acknowledged.deliveredBytes < state.chain.settledBytes) {
    // Both sides lost receipts that were settled. New ones would pay for the same bytes again.
    throw new WeirError("receipt-stale", "the chain settled more than either side holds receipts for");
  }
  const effects: RelayEffect[] = [];
  if (before.session !== undefined && before.session !== input.session) {
    effects.push({ type: "endSession", session: before.session });
  }
  effects.push(acknowledgement(state, env.policy));
  return { state, effects };
}

function endSession(state: RelayChannel, now: number): RelayStep {
  const effects: RelayEffect[] = state.session === undefined ? [] : [{ type: "endSession", session: state.session }];
  return { state: { ...state, session: undefined, endedAt: now }, effects };
}

/** X8a. Fewer bytes than can be collected would burn what the payer owes; more than is funded can be collected from nobody. */
function release(state: RelayChannel, { bytes, now }: InputOf<"release">): RelayStep {
  if (state.chain.closed || state.closing) throw new WeirError("channel-closed");
  const { fund, chain: known } = state;
  const funded = fund && fund.total > known.deposit ? fund.total : known.deposit;
  const least = min(state.acknowledged.deliveredBytes, coveredBytes(funded, state.channel.pricePerGiB));
  if (bytes < least || bytes < known.settledBytes) {
    throw new WeirError("receipt-stale", "the relay holds a receipt for more than the channel is to be closed with");
  }
  return state.released ? idle(state) : endSession({ ...state, released: true, finished: true }, now);
}

// ----------------------------------------------------------------------------------------------------- transfers

function reserve(before: RelayChannel, input: InputOf<"reserve">, env: RelayEnv): RelayStep {
  assertSession(before, input.session);
  if (before.transfers.length >= env.policy.maxTransfers) {
    throw new WeirError("too-many-requests", "too many transfers are under way on the channel");
  }
  if (before.transfers.some(({ id }) => id === input.transfer)) {
    throw new WeirError("internal", "the transfer's id is in use");
  }
  const state = recover(before, env.policy, input.now);
  if (!hasRoom(state, input.size, env.policy)) return exhausted(before);
  const transfer: Transfer = { id: input.transfer, size: input.size };
  return {
    state: { ...state, transfers: [...state.transfers, transfer] },
    effects: [{ type: "admit", transfer: input.transfer }],
  };
}

function handOver(before: RelayChannel, { now, session, size }: InputOf<"handOver">, env: RelayEnv): RelayStep {
  assertSession(before, session);
  const state = recover(before, env.policy, now);
  if (!hasRoom(state, size, env.policy)) return exhausted(before);
  return idle(account({ ...state, served: state.served + size }));
}

function assertSession(state: RelayChannel, session: string): void {
  assertServing(state);
  if (session !== state.session) throw new WeirError("token-expired", "the session has ended");
}

/** X1. */
function hasRoom(state: RelayChannel, size: bigint, policy: RelayPolicy): boolean {
  const owing = outstandingBytes(state) + reservedBytes(state);
  return owing === 0n || owing + size <= creditBytes(state, policy);
}

function exhausted(state: RelayChannel): RelayStep {
  const depositSpent = state.acknowledged.deliveredBytes >= confirmedBytes(state);
  const code: WeirErrorCode = depositSpent ? "deposit-exhausted" : "credit-exhausted";
  const effects: RelayEffect[] = [refusal(state, new WeirError(code))];
  if (depositSpent && state.fund && state.fund.total > state.chain.deposit) effects.push(collect("deposit-exhausted"));
  return { state, effects };
}

function transferred(before: RelayChannel, input: InputOf<"transferred">, env: RelayEnv): RelayStep {
  const transfer = before.transfers.find(({ id }) => id === input.transfer);
  // Its process was taken for dead, and the transfer has been counted in full.
  if (transfer === undefined) return idle(before);
  const state = recover(before, env.policy, input.now);
  const sent = input.sent < transfer.size ? input.sent : transfer.size;
  const transfers = state.transfers.filter((other) => other !== transfer);
  return idle(account({ ...state, transfers, served: state.served + sent }));
}

function recoverTransfers(before: RelayChannel, input: InputOf<"recover">, env: RelayEnv): RelayStep {
  const lost = before.transfers.filter(({ id }) => input.transfers?.includes(id) ?? true);
  if (lost.length === 0) return idle(before);
  const state = recover(before, env.policy, input.now);
  const served = lost.reduce((bytes, { size }) => bytes + size, state.served);
  const transfers = state.transfers.filter((transfer) => !lost.includes(transfer));
  return idle(account({ ...state, transfers, served }));
}

// ------------------------------------------------------------------------------------------------------ receipts

function post(before: RelayChannel, input: InputOf<"post">, env: RelayEnv): RelayStep {
  assertAccepting(before);
  let state = recover(before, env.policy, input.now);
  const effects: RelayEffect[] = [];
  if (input.fund) state = takeFund(state, input.fund, env, input.now);
  if (input.step) {
    const { receipt } = input.step;
    const known = state.acknowledged;
    if (receipt.deliveredBytes > known.deliveredBytes) {
      assertConsistent(input.step);
      state = takeReceipt(state, receipt, env, input.now);
      effects.push({ type: "log", step: input.step });
    } else if (!isSameTotals(receipt, known)) {
      throw new WeirError("receipt-stale");
    }
  }
  if (input.end && input.session === state.session) {
    const ended = endSession({ ...state, finished: true }, input.now);
    state = ended.state;
    effects.push(...ended.effects, collect("session-ended"));
  }
  if (state.chain.closeRequestedAt !== 0) effects.push(collect("close-pending"));
  effects.push(acknowledgement(state, env.policy));
  return { state, effects };
}

/** X4. The cheap checks come first: recovering a signer costs more than all others together. */
function takeReceipt(state: RelayChannel, receipt: SignedTotals, env: RelayEnv, now: number): RelayChannel {
  const { deliveredBytes, signature } = receipt;
  const deposit = state.fund && state.fund.total > state.chain.deposit ? state.fund.total : state.chain.deposit;
  const payable = coveredBytes(deposit, state.channel.pricePerGiB) + creditBytes(state, env.policy);
  if (deliveredBytes > state.served && deliveredBytes > payable) throw new WeirError("over-deposit");
  assertReceipt(state.channel, receipt, env);
  const segmentsRoot = receipt.segmentsRoot.toLowerCase() as typeof receipt.segmentsRoot;
  return account({
    ...state,
    acknowledged: { deliveredBytes, segmentsRoot, signature },
    unsettledSince: state.unsettledSince === 0 ? now : state.unsettledSince,
  });
}

/**
 * X6. A funding that adds nothing to what is held and still valid, or to what is on the chain, is passed over. Whether it is
 * valid is for the chain to say, so its time counts, not the relay's.
 */
function takeFund(state: RelayChannel, fund: SignedFund, env: RelayEnv, now: number): RelayChannel {
  const { total, validUntil } = fund;
  const { deposit, balance, time = now } = state.chain;
  const held = state.fund && state.fund.validUntil >= time ? state.fund : undefined;
  if (total <= deposit) return state;
  if (held && (total < held.total || (total === held.total && validUntil <= held.validUntil))) return state;
  if (validUntil < time + env.policy.minFundSeconds) throw new WeirError("fund-expired");
  if (balance + deposit < total) throw new WeirError("account-empty");
  assertFund(state.channel, fund, env);
  return { ...state, fund };
}

function acknowledgement(state: RelayChannel, policy: RelayPolicy): RelayEffect {
  const { acknowledged } = state;
  return { type: "acknowledge", acknowledged, covered: confirmedBytes(state), credit: creditBytes(state, policy) };
}

// --------------------------------------------------------------------------------------------- chain and accounting

function chain(before: RelayChannel, input: InputOf<"chain">, env: RelayEnv): RelayStep {
  const { view } = input;
  if (isOlder(view, before.chain)) return idle(before);
  const time = view.time ?? before.chain.time;
  const known = time === undefined ? view : { ...view, time };
  let state: RelayChannel = account({ ...recover(before, env.policy, input.now), chain: known });
  if (view.settledBytes >= state.acknowledged.deliveredBytes) state = { ...state, unsettledSince: 0 };
  // What was settled in a block that is no longer there waits from now on.
  else if (view.settledBytes < before.chain.settledBytes) state = { ...state, unsettledSince: input.now };
  // A closing settlement is over when the channel is closed, or when the caller takes it back; not before.
  if (!state.closing && view.settledBytes >= state.settling) state = { ...state, settling: 0n };
  if (view.deposit >= state.funding) state = { ...state, funding: 0n };
  if (view.closed) return endSession({ ...state, settling: 0n, closing: false, funding: 0n }, input.now);
  const pending = view.closeRequestedAt !== 0 && before.chain.closeRequestedAt === 0;
  return { state, effects: pending ? [collect("close-pending")] : [] };
}

/** Blocks count within an era alone: when some were replaced, what was read at a higher one may be what is gone. */
function isOlder(view: ChainView, known: ChainView): boolean {
  const [era, knownEra] = [view.era ?? 0, known.era ?? 0];
  return era === knownEra ? view.block < known.block : era < knownEra;
}

function settling(state: RelayChannel, { bytes, close }: InputOf<"settling">): RelayStep {
  if (close === true && bytes < securedBytes(state)) {
    throw new WeirError("receipt-stale", "a newer receipt than the one that would close the channel has come in");
  }
  return idle({ ...state, settling: bytes, closing: close === true });
}

/** A time so far ahead was written by a clock that was wrong. Without this, nothing would recover until it is reached. */
const LONGEST_DRIFT_SECONDS = 1_800;

function collect(reason: CollectReason): RelayEffect {
  return { type: "collect", reason };
}

/**
 * X5: what recovery wrote off up to `now`. Never more than was secured, so that a viewer who never pays gets its credit
 * and nothing else, however long it waits.
 */
function recover(state: RelayChannel, policy: RelayPolicy, now: number): RelayChannel {
  const elapsed = now - state.recoveredAt;
  if (elapsed < -LONGEST_DRIFT_SECONDS) return { ...state, recoveredAt: now };
  if (elapsed <= 0) return state;
  const outstanding = outstandingBytes(state);
  if (outstanding === 0n || state.chain.deposit === 0n) return { ...state, recoveredAt: now };
  const accrued = (state.startingCredit * BigInt(elapsed)) / BigInt(policy.recoverySeconds);
  const allowed = securedBytes(state) - state.forgiven;
  const forgiven = state.forgiven + min(accrued, min(outstanding, allowed > 0n ? allowed : 0n));
  return { ...state, forgiven, recoveredAt: now };
}

/** Nothing is paid in advance, and what was paid after all is no longer forgiven (X4, X5). */
function account(state: RelayChannel): RelayChannel {
  const secured = securedBytes(state);
  const { deliveredBytes } = state.acknowledged;
  let { served } = state;
  if (served < deliveredBytes) served = deliveredBytes;
  if (served < secured) served = secured;
  const forgiven = min(state.forgiven, served - secured);
  return served === state.served && forgiven === state.forgiven ? state : { ...state, served, forgiven };
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
