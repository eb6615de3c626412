import { isContractError } from "../../chain/contractError.ts";
import { deliveryCommitment } from "../../core/deliveryCommitment.ts";
import { bytesToHex } from "../../core/hex.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { untilAborted } from "../clock.ts";
import type { CaseBook } from "./caseBook.ts";
import type { DisputeCase } from "./disputeCase.ts";
import type { ReporterChain } from "./reporterChain.ts";
import type { ReporterEvent } from "./reporterEvents.ts";

/** What a step works with. */
export interface CaseContext {
  readonly book: CaseBook;
  readonly chain: ReporterChain;
  /** Token base units that 10^18 wei are worth. */
  readonly tokenPerEther: bigint;
  /** Token base units. */
  readonly minGain: bigint;
  readonly evenAtALoss: boolean;
  /** The end of the reporter. */
  readonly lifetime: AbortSignal;
  /** Salts of commitments that were mined for this reporter, and that it waited for until they were ripe. */
  readonly mined: Set<Hex>;
  readonly waited: Set<Hex>;
  readonly wait: (seconds: number) => Promise<void>;
  /** Sends one transaction at a time. */
  readonly inTurn: <Value>(send: () => Promise<Value>) => Promise<Value>;
  readonly emit: (event: ReporterEvent) => void;
}

/** What became of a step: there is a next one, the case is closed, or it is laid aside for better times. */
export type StepOutcome = "again" | "closed" | "aside";

/** Who would lose how much for the case. */
interface Stake {
  readonly agent: Address;
  readonly operator: Address;
  readonly cut: bigint;
}

type Committable = DisputeCase & { readonly salt: Hex };

/** A commitment so close to its end, in seconds, is replaced: the report would have to be mined at once. */
const LAPSE_MARGIN = 300n;
/** Seconds for which a node may be behind the one that mined a commitment. */
const LAG_SECONDS = 30;
/** Seconds between looks at a commitment that the chain does not take for ripe yet. */
const RIPE_SECONDS = 5;
const ETHER = 10n ** 18n;

/**
 * Does the next thing about a case, as the chain has it now: nothing is believed that was true a step ago.
 *
 * @throws WeirError of chain or store; the reason of `lifetime`
 */
export async function stepCase(agent: Address, context: CaseContext): Promise<StepOutcome> {
  const { book, chain, lifetime, mined, wait } = context;
  const current = book.get(agent);
  if (current === undefined) return "closed";
  await book.save(current);
  const { operator, retired, cut } = await untilAborted(chain.standing(agent), lifetime);
  if (operator === undefined) return dismiss(agent, "not-accountable", context);
  if (retired) return dismiss(agent, "retired", context);
  const stake = { agent, operator, cut };
  const { contradiction, salt } = current;
  if (salt === undefined) return commit({ contradiction, salt: freshSalt() }, stake, context);
  const times = await untilAborted(chain.commitment(commitmentOf({ contradiction, salt }, context)), lifetime);
  if (times === undefined) {
    if (!mined.delete(salt)) return commit({ contradiction, salt }, stake, context);
    await wait(LAG_SECONDS);
    return "again";
  }
  if (times.now + LAPSE_MARGIN >= times.lapsesAt) {
    return commit({ contradiction, salt: freshSalt() }, stake, context);
  }
  return report({ contradiction, salt }, times.ripeAt - times.now, stake, context);
}

async function commit(planned: Committable, stake: Stake, context: CaseContext): Promise<StepOutcome> {
  const { agent, operator } = stake;
  const { book, chain, emit, inTurn, lifetime, mined } = context;
  const commitment = commitmentOf(planned, context);
  const cost = await untilAborted(chain.commitCost(commitment), lifetime);
  if (!isWorth(cost, stake, context)) return "aside";
  await book.save(planned);
  await inTurn(async () => chain.commit(commitment));
  mined.add(planned.salt);
  emit({ type: "committed", agent, operator, commitment });
  return "again";
}

async function report(
  { contradiction, salt }: Committable,
  secondsLeft: bigint,
  stake: Stake,
  context: CaseContext,
): Promise<StepOutcome> {
  const { agent, operator } = stake;
  const { book, chain, emit, inTurn, lifetime, wait, waited } = context;
  if (secondsLeft > 0n && !waited.has(salt)) {
    await wait(Number(secondsLeft));
    waited.add(salt);
    return "again";
  }
  try {
    const cost = await untilAborted(chain.reportCost(contradiction, salt), lifetime);
    if (!isWorth(cost, stake, context)) return "aside";
    const { cut, transactionHash } = await inTurn(async () => chain.report(contradiction, salt));
    await book.finish(agent);
    emit({ type: "reported", agent, operator, cut, transactionHash });
    return "closed";
  } catch (error) {
    if (isContractError(error, "AgentRetired")) return dismiss(agent, "retired", context);
    if (isContractError(error, "NotAccountable")) return dismiss(agent, "not-accountable", context);
    // A chain that makes no blocks without transactions shows an old time; only the call itself tells.
    if (!isContractError(error, "CommitmentNotInForce")) throw error;
    await wait(RIPE_SECONDS);
    return "again";
  }
}

async function dismiss(
  agent: Address,
  reason: "not-accountable" | "retired",
  { book, emit }: CaseContext,
): Promise<StepOutcome> {
  await book.finish(agent);
  emit({ type: "dismissed", agent, reason });
  return "closed";
}

/** Compares in the token, the cost rounded up; says so if it is not worth it. */
function isWorth(wei: bigint, { agent, operator, cut }: Stake, context: CaseContext): boolean {
  const { emit, evenAtALoss, minGain, tokenPerEther } = context;
  const cost = (wei * tokenPerEther + ETHER - 1n) / ETHER;
  if (evenAtALoss || cut >= cost + minGain) return true;
  emit({ type: "unprofitable", agent, operator, cut, cost });
  return false;
}

function commitmentOf({ contradiction, salt }: Committable, { chain }: CaseContext): Hex {
  return deliveryCommitment({ reporter: chain.reporter, salt, deliveries: contradiction.deliveries });
}

function freshSalt(): Hex {
  return bytesToHex(crypto.getRandomValues(new Uint8Array(32)));
}
