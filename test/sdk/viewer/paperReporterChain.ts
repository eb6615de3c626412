import { ContractError } from "../../../sdk/chain/index.ts";
import { deliveryCommitment } from "../../../sdk/core/index.ts";
import type { Address, Contradiction, Hex, WeirError } from "../../../sdk/core/index.ts";
import type { ReporterChain } from "../../../sdk/viewer/reporter/index.ts";

/** Disputes as the contract has them, without a chain: a test sets the clock, the stake and what goes wrong. */
export interface PaperReporterChain extends ReporterChain {
  /** Unix seconds of the next block. */
  now: number;
  /** By agent, in lower case. */
  readonly operators: Map<Address, Address>;
  readonly retired: Set<Address>;
  cut: bigint;
  /** Wei that each transaction costs. */
  gas: bigint;
  /** Every call and what it did, in order. */
  readonly log: string[];
  /** Commitments by time. */
  readonly commitments: Map<Hex, number>;
  /** Thrown by the next calls, one each. */
  readonly failures: WeirError[];
  /** Called before each call: for what happens at a bad moment. */
  onCall: (name: string) => void;
  /** Whether the latest block is as old as the last transaction, as on a chain that mines nothing else. */
  idle: boolean;
  /** What was reported. */
  readonly reported: Contradiction[];
}

export const MIN_AGE = 60;
export const MAX_AGE = 86_400;

/**
 * A chain on which nobody is an operator yet.
 *
 * @param minAge seconds from commitment to report
 */
export function paperReporterChain(minAge = MIN_AGE): PaperReporterChain {
  let latest = 1_900_000_000;
  const reporter: Address = `0x${"4e".repeat(20)}`;
  const enter = async (name: string): Promise<void> => {
    await Promise.resolve();
    chain.log.push(name);
    chain.onCall(name);
    const failure = chain.failures.shift();
    if (failure !== undefined) throw failure;
  };
  const refuse = (errorName: string, args: Record<string, unknown> = {}): ContractError =>
    new ContractError("report", { errorName, args });
  const check = ({ agent, deliveries }: Contradiction, salt: Hex): void => {
    const since = chain.commitments.get(deliveryCommitment({ reporter, salt, deliveries }));
    if (since === undefined) throw refuse("NotCommitted");
    if (chain.now < since + minAge || chain.now >= since + MAX_AGE) throw refuse("CommitmentNotInForce");
    if (!chain.operators.has(agent)) throw refuse("NotAccountable");
    if (chain.retired.has(agent)) throw refuse("AgentRetired");
  };
  const chain: PaperReporterChain = {
    reporter,
    now: latest,
    operators: new Map(),
    retired: new Set(),
    cut: 1_000n,
    gas: 10n,
    log: [],
    commitments: new Map(),
    failures: [],
    onCall: () => undefined,
    idle: false,
    reported: [],
    async standing(agent) {
      await enter("standing");
      return { operator: chain.operators.get(agent), retired: chain.retired.has(agent), cut: chain.cut };
    },
    async commitment(commitment) {
      await enter("commitment");
      const at = chain.commitments.get(commitment);
      if (at === undefined) return undefined;
      const now = BigInt(chain.idle ? latest : chain.now);
      return { ripeAt: BigInt(at + minAge), lapsesAt: BigInt(at + MAX_AGE), now };
    },
    async commitCost() {
      await enter("commitCost");
      return 2n * chain.gas;
    },
    async commit(commitment) {
      await enter("commit");
      latest = chain.now;
      if (!chain.commitments.has(commitment)) chain.commitments.set(commitment, chain.now);
    },
    async reportCost(contradiction, salt) {
      await enter("reportCost");
      check(contradiction, salt);
      return chain.gas;
    },
    async report(contradiction, salt) {
      await enter("report");
      check(contradiction, salt);
      latest = chain.now;
      chain.retired.add(contradiction.agent);
      chain.reported.push(contradiction);
      return { cut: chain.cut, transactionHash: `0x${"77".repeat(32)}` };
    },
  };
  return chain;
}
