import { coveredBytes, extendTotals, WeirError } from "../core/index.ts";
import type { Acknowledged, SegmentEntry, WeirErrorCode } from "../core/index.ts";
import { adoptClaim } from "./adoptClaim.ts";
import { verifiedTotals } from "./viewerChannel.ts";
import type { ViewerChannel } from "./viewerChannel.ts";
import { dueFund } from "./viewerFund.ts";
import type { ViewerEffect, ViewerEnv, ViewerInput, ViewerStep } from "./viewerStep.ts";

type InputOf<Type extends ViewerInput["type"]> = Extract<ViewerInput, { readonly type: Type }>;

/**
 * One step of a channel on its viewer's side (X9 to X12). Pure: the same state and input give the same result. Nothing
 * that a relay answers makes it throw, or makes it sign for a byte that no `verified` input brought.
 */
export function stepViewer(state: ViewerChannel, input: ViewerInput, env: ViewerEnv): ViewerStep {
  switch (input.type) {
    case "open":
      return open(state, input.now, env);
    case "opened":
      return opened(state, input, env);
    case "openRefused":
      return openRefused(state, input, env);
    case "requested":
      return idle({ ...state, requested: state.requested + input.size, underWay: state.underWay + 1 });
    case "aborted":
      return idle(transferEnded(state, input.size - input.received));
    case "requestRefused":
      return requestRefused(transferEnded(state, input.size), input, env);
    case "verified":
      return proceed(addEntry(transferEnded(state, 0n), input.entry, input.now), input.now, env);
    case "corrupt":
      return leave(transferEnded(state, 0n), "content-mismatch", input.now, env);
    case "posted":
      return posted(state, input, env);
    case "postRefused":
      return postRefused(state, input, env);
    case "end":
      return end(state, input.now, env);
    case "tick":
      return tick(state, input.now, env);
  }
}

/** When the next `tick` is due, in seconds since the epoch; undefined if only another input can change anything. */
export function wakeAt(state: ViewerChannel, { policy }: Pick<ViewerEnv, "policy">): number | undefined {
  if (state.phase === "opening") return state.retryAt > 0 ? state.retryAt : undefined;
  if (state.phase !== "open" || state.post) return undefined;
  const times: number[] = [];
  const { pending, exposed, hurry, leaving } = state;
  if (pending.length > 0)
    times.push(exposed > 0 || hurry || leaving ? state.retryAt : state.pendingSince + policy.postSeconds);
  if (leaving && state.underWay === 0) times.push(state.retryAt);
  if (state.fund && !state.fundHeld) times.push(state.fundRetryAt);
  if (state.fund && state.covered < coveredBytes(state.fund.total, state.channel.pricePerGiB)) {
    times.push(state.fund.validUntil - Math.floor(policy.fundSeconds / 4) + 1);
  }
  return times.length === 0 ? undefined : Math.max(state.retryAt, Math.min(...times));
}

function idle(state: ViewerChannel): ViewerStep {
  return { state, effects: [] };
}

// ------------------------------------------------------------------------------------------------------ transfers

/** A transfer ended; `unsent` bytes of it are not coming. */
function transferEnded(state: ViewerChannel, unsent: bigint): ViewerChannel {
  return { ...state, requested: state.requested - unsent, underWay: Math.max(0, state.underWay - 1) };
}

function addEntry(state: ViewerChannel, entry: SegmentEntry, now: number): ViewerChannel {
  // An empty resource costs nothing, and a receipt that does not raise the total would be refused as stale.
  if (entry.size === 0n) return { ...state, stuckSince: 0 };
  const totals = extendTotals(verifiedTotals(state), entry);
  const pendingSince = state.pending.length === state.exposed ? now : state.pendingSince;
  return { ...state, pending: [...state.pending, { entry, totals }], pendingSince, stuckSince: 0 };
}

function requestRefused(state: ViewerChannel, { code, now }: InputOf<"requestRefused">, env: ViewerEnv): ViewerStep {
  switch (code) {
    case "credit-exhausted":
      return exhausted(state, code, now, env);
    case "deposit-exhausted": {
      const { fund, channel } = state;
      const payable = fund === undefined ? 0n : coveredBytes(fund.total, channel.pricePerGiB);
      const spent = verifiedTotals(state).deliveredBytes >= payable && env.allowance <= (fund?.total ?? 0n);
      return spent ? leave(state, "budget-exhausted", now, env) : exhausted(state, code, now, env);
    }
    case "channel-closed":
      return over(state, code);
    case "close-pending":
      return leave(state, code, now, env);
    case "token-missing":
    case "token-unknown":
    case "token-expired":
    case "token-foreign":
    case "channel-unknown":
      return state.phase === "open" && !state.post ? reopen(state, code, now, env) : idle(state);
    default:
      return idle(state);
  }
}

/**
 * The relay has given all the credit that it gives. As long as there is something to pay, paying helps. After that only
 * the relay can help: by forgiving what broke off on the way, or by posting the fund. If it does not, the viewer goes.
 */
function exhausted(before: ViewerChannel, code: WeirErrorCode, now: number, env: ViewerEnv): ViewerStep {
  if (before.phase !== "open" || before.leaving) return idle(before);
  if (before.pending.length > 0 || before.post || before.underWay > 0)
    return proceed({ ...before, hurry: true }, now, env);
  const state = { ...before, stuckSince: before.stuckSince === 0 ? now : before.stuckSince };
  const { stuckSeconds, dropSeconds } = env.policy;
  if (code === "deposit-exhausted" && state.fund !== undefined) {
    if (now - state.stuckSince >= dropSeconds) return leave(state, code, now, env);
    // It took the fund, but it may have lost it since. One that has it takes it again without harm.
    const isLost = before.stuckSince === 0 && state.covered < coveredBytes(state.fund.total, state.channel.pricePerGiB);
    return proceed(isLost ? { ...state, fundHeld: false } : state, now, env);
  }
  if (now - state.stuckSince < stuckSeconds) return idle(state);
  return proceed({ ...state, leaving: true, reason: "credit-exhausted" }, now, env);
}

// -------------------------------------------------------------------------------------------------------- opening

function open(state: ViewerChannel, now: number, env: ViewerEnv): ViewerStep {
  switch (state.phase) {
    case "idle":
      return requestOpen(state, now);
    case "dropped": {
      const { reason = "relay-unreachable", retryAt } = state;
      if (now < retryAt) return { state, effects: [{ type: "drop", code: reason, until: retryAt }] };
      return requestOpen({ ...state, failures: 0, reason: undefined }, now);
    }
    case "over":
      return over(state, state.reason ?? "channel-closed");
    case "opening":
    case "open":
      // It changed its mind before it left.
      return proceed(state.reason === undefined ? { ...state, leaving: false } : state, now, env);
  }
}

function requestOpen(state: ViewerChannel, now: number): ViewerStep {
  const { acknowledged, fund, fundRetryAt } = state;
  const fundHeld = fund !== undefined && fund.validUntil > now && now >= fundRetryAt;
  return {
    state: { ...state, phase: "opening", retryAt: 0, post: undefined, fundHeld },
    effects: [
      {
        type: "open",
        ...(acknowledged.deliveredBytes > 0n ? { receipt: acknowledged } : {}),
        ...(fundHeld ? { fund } : {}),
      },
    ],
  };
}

function opened(state: ViewerChannel, { statement, now }: InputOf<"opened">, env: ViewerEnv): ViewerStep {
  if (state.phase !== "opening") return idle(state);
  const adopted = tryAdopt(state, statement.acknowledged, env);
  if (adopted === undefined) return drop(state, "wrong-signer", now, env);
  const { covered, credit } = statement;
  const least = verifiedTotals(adopted).deliveredBytes;
  const requested = adopted.requested < least ? least : adopted.requested;
  return proceed({ ...adopted, phase: "open", covered, credit, requested }, now, env);
}

function openRefused(state: ViewerChannel, { code, now }: InputOf<"openRefused">, env: ViewerEnv): ViewerStep {
  if (state.phase !== "opening") return idle(state);
  switch (code) {
    case "channel-closed":
    case "close-pending":
    case "receipt-stale":
      return over(state, code);
    case "fund-expired":
      return retryOpen(renewFund(state, now, env), code, now, env);
    case "account-empty":
      return retryOpen(holdFundBack(state, now, env), code, now, env);
    default:
      return FATAL.has(code) ? drop(state, code, now, env) : retryOpen(state, code, now, env);
  }
}

function retryOpen(state: ViewerChannel, code: WeirErrorCode, now: number, env: ViewerEnv): ViewerStep {
  return fail({ ...state, phase: "opening", post: undefined }, code, now, env);
}

/** A session that is gone is opened again at once; one that keeps going away, ever more slowly. */
function reopen(state: ViewerChannel, code: WeirErrorCode, now: number, env: ViewerEnv): ViewerStep {
  return state.failures === 0 ? requestOpen({ ...state, failures: 1 }, now) : retryOpen(state, code, now, env);
}

// -------------------------------------------------------------------------------------------------------- posting

/** Posts what is due (X10), if nothing is under way. */
function proceed(before: ViewerChannel, now: number, env: ViewerEnv): ViewerStep {
  if (before.phase !== "open" || before.post || now < before.retryAt) return idle(before);
  const fund = dueFund(before, env.policy, env.allowance, now);
  const raised = fund !== undefined && fund.total > (before.fund?.total ?? 0n);
  const state = fund === before.fund ? before : { ...before, fund, fundHeld: false };
  const sendFund = fund !== undefined && !state.fundHeld && now >= state.fundRetryAt;
  const leaves = state.leaving && state.underWay === 0;
  const paying = isPaymentDue(state, now, env);
  if (!paying && !sendFund && !(leaves && state.pending.length === 0)) return idle(state);
  const effects: ViewerEffect[] = raised ? [{ type: "persist" }] : [];
  return post(state, { count: paying || sendFund ? state.pending.length : 0, sendFund, leaves }, env, effects);
}

function isPaymentDue(state: ViewerChannel, now: number, { policy }: ViewerEnv): boolean {
  const { pending, acknowledged, exposed, credit } = state;
  if (pending.length === 0) return false;
  if (state.hurry || state.leaving || exposed > 0 || pending.length >= policy.maxEntries) return true;
  const bytes = verifiedTotals(state).deliveredBytes - acknowledged.deliveredBytes;
  return bytes >= policy.postBytes || 4n * bytes >= credit || now >= state.pendingSince + policy.postSeconds;
}

interface PostContent {
  readonly count: number;
  readonly sendFund: boolean;
  readonly leaves: boolean;
}

function post(state: ViewerChannel, content: PostContent, env: ViewerEnv, effects: ViewerEffect[]): ViewerStep {
  const number = state.posts + 1;
  const carried = state.pending.slice(0, Math.min(content.count, env.policy.maxEntries));
  const receipt = carried.at(-1)?.totals;
  const fund = content.sendFund ? state.fund : undefined;
  const end = content.leaves && carried.length === state.pending.length;
  const entries = carried.map(({ entry }) => entry);
  effects.push({
    type: "post",
    post: number,
    ...(receipt ? { step: { prev: state.acknowledged, entries, receipt } } : {}),
    ...(fund ? { fund } : {}),
    ...(end ? { end } : {}),
  });
  return {
    state: {
      ...state,
      post: { number, receipt, fund, end },
      posts: number,
      exposed: Math.max(state.exposed, carried.length),
      hurry: false,
    },
    effects,
  };
}

function posted(
  before: ViewerChannel,
  { post: number, statement, now }: InputOf<"posted">,
  env: ViewerEnv,
): ViewerStep {
  const answered = before.post;
  if (answered?.number !== number) return idle(before);
  const adopted = tryAdopt(before, statement.acknowledged, env);
  if (adopted === undefined) return drop(before, "wrong-signer", now, env);
  const { covered, credit } = statement;
  const fundHeld = adopted.fundHeld || (answered.fund !== undefined && answered.fund === adopted.fund);
  const state: ViewerChannel = { ...adopted, post: undefined, covered, credit, fundHeld };
  if (answered.receipt && state.acknowledged.deliveredBytes < answered.receipt.deliveredBytes) {
    // It took the receipt and does not admit it.
    return fail(state, "receipt-inconsistent", now, env);
  }
  const done: ViewerChannel = { ...state, failures: 0, retryAt: 0 };
  if (!answered.end) return proceed(done, now, env);
  return done.leaving && done.pending.length === 0 ? left(done, now, env) : requestOpen(done, now);
}

function postRefused(before: ViewerChannel, input: InputOf<"postRefused">, env: ViewerEnv): ViewerStep {
  const { code, now } = input;
  if (before.post?.number !== input.post) return idle(before);
  const state: ViewerChannel = { ...before, post: undefined };
  switch (code) {
    case "receipt-stale": {
      if (input.acknowledged === undefined) return fail(state, code, now, env);
      const adopted = tryAdopt(state, input.acknowledged, env);
      if (adopted === undefined) return drop(state, "wrong-signer", now, env);
      return adopted === state
        ? fail(state, code, now, env)
        : proceed({ ...adopted, failures: 0, retryAt: 0, hurry: adopted.pending.length > 0 }, now, env);
    }
    case "token-missing":
    case "token-unknown":
    case "token-expired":
    case "token-foreign":
    case "channel-unknown":
      return reopen(state, code, now, env);
    case "fund-expired":
      return fail(renewFund(state, now, env), code, now, env);
    case "account-empty":
      return fail(holdFundBack(state, now, env), code, now, env);
    case "over-deposit":
      return fail({ ...state, fundHeld: false }, code, now, env);
    case "channel-closed":
      return over(state, code);
    default:
      return FATAL.has(code) ? drop(state, code, now, env) : fail(state, code, now, env);
  }
}

function tryAdopt(state: ViewerChannel, claim: Acknowledged, env: ViewerEnv): ViewerChannel | undefined {
  try {
    return adoptClaim(state, claim, env);
  } catch (error) {
    if (!WeirError.is(error, "wrong-signer")) throw error;
    return undefined;
  }
}

// --------------------------------------------------------------------------------------------------------- fundings

function renewFund(state: ViewerChannel, now: number, { policy }: ViewerEnv): ViewerChannel {
  const fund = state.fund && { total: state.fund.total, validUntil: now + policy.fundSeconds };
  return { ...state, fund, fundHeld: false };
}

/** The account cannot back the fund yet, or no longer. What is verified is paid nevertheless. */
function holdFundBack(state: ViewerChannel, now: number, { policy }: ViewerEnv): ViewerChannel {
  return { ...state, fundHeld: false, fundRetryAt: now + policy.dropSeconds };
}

// ----------------------------------------------------------------------------------------------------------- parting

/** Answers that another attempt would not change. */
const FATAL: ReadonlySet<WeirErrorCode> = new Set<WeirErrorCode>([
  "malformed-message",
  "oversized-message",
  "bad-signature",
  "high-s",
  "wrong-signer",
  "wrong-chain",
  "wrong-contract",
  "wrong-token",
  "price-too-high",
  "grace-period-out-of-range",
  "receipt-inconsistent",
  "payer-denied",
]);

function fail(state: ViewerChannel, code: WeirErrorCode, now: number, env: ViewerEnv): ViewerStep {
  const failures = state.failures + 1;
  if (failures >= env.policy.maxFailures) return drop(state, code, now, env);
  const delay = env.policy.retrySeconds * 2 ** Math.min(failures - 1, 6);
  return idle({ ...state, failures, retryAt: now + delay });
}

/** What is verified stays owed, and is posted when the relay is used again. */
function drop(state: ViewerChannel, code: WeirErrorCode, now: number, env: ViewerEnv): ViewerStep {
  const retryAt = now + env.policy.dropSeconds;
  const effects: ViewerEffect[] = [{ type: "drop", code, until: retryAt }];
  if (state.leaving) effects.push({ type: "left" });
  return {
    state: { ...state, phase: "dropped", reason: code, leaving: false, retryAt, post: undefined, failures: 0 },
    effects,
  };
}

function over(state: ViewerChannel, code: WeirErrorCode): ViewerStep {
  const effects: ViewerEffect[] = [{ type: "over", code }];
  if (state.leaving) effects.push({ type: "left" });
  return { state: { ...state, phase: "over", reason: code, leaving: false, post: undefined }, effects };
}

/** Requests nothing more from this relay, but pays for everything that was verified before it goes. */
function leave(state: ViewerChannel, code: WeirErrorCode, now: number, env: ViewerEnv): ViewerStep {
  if (state.phase === "idle") return drop(state, code, now, env);
  if ((state.phase !== "open" && state.phase !== "opening") || state.reason !== undefined) return idle(state);
  const { state: leaving, effects } = proceed({ ...state, leaving: true, reason: code }, now, env);
  return { state: leaving, effects: [{ type: "drop", code, until: now + env.policy.dropSeconds }, ...effects] };
}

function left(state: ViewerChannel, now: number, { policy }: ViewerEnv): ViewerStep {
  if (state.reason === "credit-exhausted") return over(state, state.reason);
  const phase = state.reason === undefined ? "idle" : "dropped";
  const retryAt = state.reason === undefined ? 0 : now + policy.dropSeconds;
  return { state: { ...state, phase, leaving: false, retryAt }, effects: [{ type: "left" }] };
}

function end(state: ViewerChannel, now: number, env: ViewerEnv): ViewerStep {
  switch (state.phase) {
    case "idle":
      return state.pending.length === 0
        ? { state, effects: [{ type: "left" }] }
        : requestOpen({ ...state, leaving: true }, now);
    case "opening":
    case "open":
      return proceed({ ...state, leaving: true }, now, env);
    case "dropped":
    case "over":
      return { state, effects: [{ type: "left" }] };
  }
}

function tick(state: ViewerChannel, now: number, env: ViewerEnv): ViewerStep {
  if (state.phase === "opening" && state.retryAt > 0 && now >= state.retryAt) return requestOpen(state, now);
  return proceed(state, now, env);
}
