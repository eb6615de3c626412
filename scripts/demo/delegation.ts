import {
  approveSync,
  claimRewardsSync,
  delegateSync,
  distributeSync,
  readStake,
  readStakeParameters,
  readTokenBalance,
  unbondSync,
  withdrawStakeSync,
} from "../../sdk/chain/index.ts";
import type { Address } from "../../sdk/core/index.ts";
import type { LocalDeployment, LocalWallet } from "../local/localDeployment.ts";
import type { OperatorKeys } from "./cast.ts";

/** What became of an operator's fees. Token base units. */
export interface Distribution {
  readonly fees: bigint;
  /** What of them went to its stake. */
  readonly rewards: bigint;
}

/** What stake came to. */
export interface StakingOutcome {
  /** By operator; those without fees are missing. */
  readonly distributions: ReadonlyMap<Address, Distribution>;
  /** What the delegator has more than it delegated. */
  readonly delegatorGain: bigint;
}

/** Delegates to an operator. */
export async function delegateTo(
  local: LocalDeployment,
  delegator: LocalWallet,
  operator: Address,
  amount: bigint,
  maxCommissionBps: number,
): Promise<void> {
  const { deployment } = local;
  await local.mint(delegator.account.address, amount);
  await approveSync(delegator, { deployment, spender: "stakeManager", amount });
  await delegateSync(delegator, { deployment, operator, amount, maxCommissionBps });
}

/** Lets the fees be distributed when the next epoch has begun, the rewards arrive during it, and everybody leave. */
export async function distributeAndLeave(
  local: LocalDeployment,
  operators: readonly OperatorKeys[],
  { delegator, backed, delegated }: { delegator: LocalWallet; backed: Address; delegated: bigint },
): Promise<StakingOutcome> {
  const { deployment, publicClient: client } = local;
  const { epochLength, unbondingPeriod } = await readStakeParameters(client, { deployment });
  const wallets = operators.map(({ operator }) => local.wallet(operator));
  const distributions = new Map<Address, Distribution>();
  await local.sleep(epochLength);
  for (const wallet of wallets) {
    const { events } = await distributeSync(wallet, { deployment, operator: wallet.account.address });
    for (const event of events) {
      if (event.eventName === "RewardsDistributed") distributions.set(wallet.account.address, event.args);
    }
  }
  await local.sleep(epochLength);
  const holders = [...wallets.map((wallet) => [wallet, wallet.account.address] as const), [delegator, backed] as const];
  for (const [holder, operator] of holders) {
    const { shares } = await readStake(client, { deployment, operator, holder: holder.account.address });
    await unbondSync(holder, { deployment, operator, shares });
    await claimRewardsSync(holder, { deployment, account: holder.account.address });
  }
  await local.sleep(unbondingPeriod);
  for (const [holder] of holders) await withdrawStakeSync(holder, { deployment, index: 0n });
  const owner = delegator.account.address;
  return { distributions, delegatorGain: (await readTokenBalance(client, { deployment, owner })) - delegated };
}
