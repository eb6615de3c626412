import type { Address, Hex } from "../../core/index.ts";
import type { WeirEvent } from "../../chain/index.ts";
import type { Findings } from "./findings.ts";

/** Sums over the blocks that were looked at, in token base units. */
export interface StakeTotals {
  staked: bigint;
  delegated: bigint;
  stakeWithdrawn: bigint;
  /** What stakes earned: to the pools, and to operators as commission. */
  rewards: bigint;
  rewardsClaimed: bigint;
  /** What slashes took, and the part of it that reporters got. */
  slashed: bigint;
  reporterCuts: bigint;
  /** Fees that were distributed; less the rewards, they are out of the world. */
  fees: bigint;
}

/** The books of stake and rewards, kept from events alone. */
export interface StakeLedger {
  /** Behind each operator: bonded, on its way out, and rewards that still arrive. */
  readonly operators: Map<Address, bigint>;
  /** What each account can claim. */
  readonly claimable: Map<Address, bigint>;
  readonly totals: StakeTotals;
}

/**
 * Keeps the books of StakeManager and RewardsDistributor from their events.
 *
 * @param events in the order of the chain
 * @param claimable what accounts could claim before the first of them
 */
export function keepStakes(
  events: readonly WeirEvent[],
  findings: Findings,
  claimable: Map<Address, bigint> = new Map(),
): StakeLedger {
  const operators = new Map<Address, bigint>();
  const totals: StakeTotals = {
    ...{ staked: 0n, delegated: 0n, stakeWithdrawn: 0n, rewards: 0n, rewardsClaimed: 0n },
    ...{ slashed: 0n, reporterCuts: 0n, fees: 0n },
  };
  /** Rewards that were announced and not yet seen to arrive, by transaction and operator. */
  const announced = new Map<string, { amount: bigint; transaction: Hex }>();
  /** Fees that were taken out of the escrow, by transaction. */
  const collected = new Map<Hex, bigint>();
  const move = (map: Map<Address, bigint>, key: Address, amount: bigint): bigint => {
    const value = (map.get(key) ?? 0n) + amount;
    map.set(key, value);
    return value;
  };

  for (const event of events) {
    const { transactionHash: transaction } = event;
    switch (event.eventName) {
      case "Staked":
        move(operators, event.args.operator, event.args.amount);
        totals.staked += event.args.amount;
        break;
      case "Delegated":
        move(operators, event.args.operator, event.args.amount);
        totals.delegated += event.args.amount;
        break;
      case "StakeWithdrawn":
        move(operators, event.args.operator, -event.args.amount);
        totals.stakeWithdrawn += event.args.amount;
        break;
      case "RewardsDistributed": {
        const { fees, operator, rewards } = event.args;
        announced.set(`${transaction} ${operator}`, { amount: rewards, transaction });
        collected.set(transaction, (collected.get(transaction) ?? 0n) + fees);
        totals.fees += fees;
        break;
      }
      case "FeesCollected":
        collected.set(transaction, (collected.get(transaction) ?? 0n) - event.args.amount);
        break;
      case "RewardsAdded": {
        const { commission, delegated, operator, own } = event.args;
        const key = `${transaction} ${operator}`;
        const amount = own + delegated + commission;
        findings.expectSame(`rewards of ${operator}`, announced.get(key)?.amount, amount, { transaction });
        announced.delete(key);
        move(operators, operator, own + delegated);
        move(claimable, operator, commission);
        totals.rewards += amount;
        break;
      }
      case "RewardsClaimed": {
        const { account, amount } = event.args;
        const left = move(claimable, account, -amount);
        findings.expectSame(`what ${account} claims`, amount + left, amount, { transaction });
        totals.rewardsClaimed += amount;
        break;
      }
      case "Slashed": {
        const { delegated, operator, own, reporter, reporterCut } = event.args;
        move(operators, operator, -own - delegated);
        move(claimable, reporter, reporterCut);
        totals.slashed += own + delegated;
        totals.reporterCuts += reporterCut;
        break;
      }
      default:
        break; // Moves no token of these contracts.
    }
  }
  for (const { amount, transaction } of announced.values()) {
    if (amount > 0n) findings.add(`rewards of ${amount} were distributed and never arrived`, { transaction });
  }
  for (const [transaction, difference] of collected) {
    findings.expectSame("fees that were distributed, but not taken from the escrow", 0n, difference, { transaction });
  }
  return { operators, claimable, totals };
}
