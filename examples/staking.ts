import {
  approveSync,
  delegateSync,
  distributeSync,
  readStake,
  setCommissionSync,
  stakeSync,
  unbondSync,
} from "weir/chain";
import type { ReadClient, WriteClient } from "weir/chain";
import type { Address, Deployment } from "weir/core";

/** Two people and what they trust each other with. */
export interface Partners {
  readonly deployment: Deployment;
  readonly client: ReadClient;
  /** Runs a relay; registered. */
  readonly operator: WriteClient;
  /** Runs none. */
  readonly delegator: WriteClient;
  readonly relay: Address;
  readonly holder: Address;
  /** Waits until an epoch is over. */
  readonly nextEpoch: () => Promise<void>;
}

/** An operator stakes, somebody delegates to it, its fees are distributed, and the delegator leaves with more. */
export async function earn(partners: Partners, amount: bigint): Promise<bigint> {
  const { deployment, client, operator, delegator, relay, holder, nextEpoch } = partners;
  const spender = "stakeManager";
  await setCommissionSync(operator, { deployment, commissionBps: 1_000 });
  await approveSync(operator, { deployment, spender, amount });
  await approveSync(delegator, { deployment, spender, amount });
  // #region readme
  await stakeSync(operator, { deployment, amount }); // what the operator itself can lose
  await delegateSync(delegator, { deployment, operator: relay, amount, maxCommissionBps: 1_000 });
  await nextEpoch();
  await distributeSync(delegator, { deployment, operator: relay }); // anyone, once an epoch
  await nextEpoch(); // rewards arrive evenly over the epoch after
  const stake = await readStake(client, { deployment, operator: relay, holder });
  await unbondSync(delegator, { deployment, operator: relay, shares: stake.shares }); // withdrawStake, 14 days later
  // #endregion
  return stake.amount - amount;
}
