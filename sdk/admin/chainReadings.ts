import { getBalance, getGasPrice } from "viem/actions";
import {
  readDistributedIn,
  readEarnings,
  readEpoch,
  readIsRegistered,
  readOperatorStake,
  readPendingRewards,
  readRewards,
  readStakeParameters,
} from "../chain/index.ts";
import type { OperatorStake, ReadClient } from "../chain/index.ts";
import { toWeirError } from "../chain/internal/toWeirError.ts";
import type { Address, Deployment } from "../core/index.ts";
import { settlementGas } from "../exchange/index.ts";
import type { RelayChain } from "../relay/index.ts";

/** What to read, and of whom. */
export interface ChainReadingsOptions {
  readonly client: ReadClient;
  readonly chain: Pick<RelayChain, "head">;
  readonly deployment: Deployment;
  readonly payee: Address;
  readonly agent: Address;
}

/** What the chain holds for a relay. Amounts are token base units. */
export interface Holdings {
  /** The newest confirmed block. */
  readonly head: number;
  /** Can be withdrawn from the escrow. */
  readonly withdrawable: bigint;
  /** The escrow's fee on what was settled and not distributed yet. */
  readonly fees: bigint;
  /** Wei that the agent has. */
  readonly agentBalance: bigint;
  /** Settlements of the largest size that they pay for at the present gas price. */
  readonly settlements: number;
}

/** What stands behind an operator, and what it earns by that. Amounts are token base units. */
export interface StakeReading {
  readonly registered: boolean;
  readonly stake: OperatorStake;
  readonly minSelfStake: bigint;
  readonly pendingRewards: bigint;
  readonly distributedThisEpoch: boolean;
  /** In seconds since the epoch of Unix. */
  readonly nextEpochAt: number;
  readonly claimable: bigint;
}

/** Reads what the chain holds now. @throws WeirError `chain-unavailable` */
export async function readHoldings(options: ChainReadingsOptions): Promise<Holdings> {
  const { agent, chain, client, deployment, payee } = options;
  return asking(async () => {
    const [{ number: head }, { balance, fees }, agentBalance, gasPrice] = await Promise.all([
      chain.head(),
      readEarnings(client, { deployment, payee }),
      getBalance(client, { address: agent }),
      getGasPrice(client),
    ]);
    const settlements = gasPrice === 0n ? Infinity : Number(agentBalance / (settlementGas * gasPrice));
    return { head, withdrawable: balance, fees, agentBalance, settlements };
  });
}

/** Reads the stake and rewards of a payee. @throws WeirError `chain-unavailable` */
export async function readStakeReading({ client, deployment, payee }: ChainReadingsOptions): Promise<StakeReading> {
  return asking(async () => {
    const operator = payee;
    const [registered, stake, parameters, pending, distributedIn, epoch, claimable] = await Promise.all([
      readIsRegistered(client, { deployment, operator }),
      readOperatorStake(client, { deployment, operator }),
      readStakeParameters(client, { deployment }),
      readPendingRewards(client, { deployment, operator }),
      readDistributedIn(client, { deployment, operator }),
      readEpoch(client, { deployment }),
      readRewards(client, { deployment, account: operator }),
    ]);
    return {
      registered,
      stake,
      minSelfStake: parameters.minSelfStake,
      pendingRewards: pending.rewards,
      distributedThisEpoch: distributedIn === epoch,
      nextEpochAt: (Number(epoch) + 1) * parameters.epochLength,
      claimable,
    };
  });
}

async function asking<Result>(question: () => Promise<Result>): Promise<Result> {
  try {
    return await question();
  } catch (error) {
    throw toWeirError(error);
  }
}
