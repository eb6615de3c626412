import { zeroAddress } from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import {
  approveSync,
  delegateSync,
  readStakeParameters,
  registerSync,
  signAgent,
  stakeSync,
} from "../../sdk/chain/index.ts";
import type { Listing } from "../../sdk/chain/index.ts";
import { privateKeySigner } from "../../sdk/core/index.ts";
import type { Address, SessionSigner } from "../../sdk/core/index.ts";
import type { LocalDeployment, LocalWallet } from "../../scripts/local/localDeployment.ts";

/** A registered operator with a wallet and an agent of its own. */
export interface StagedOperator {
  readonly wallet: LocalWallet;
  readonly operator: Address;
  readonly agent: SessionSigner;
}

const LISTING: Listing = { pricePerGiB: 1n, endpoint: "https://relay.example/", region: "", metadataURI: "" };

/** Parameters of stake that are small enough to count with. */
export const SMALL_STAKES = {
  disputeWindow: 86_400n,
  minSelfStake: 1_000n,
  slashAmount: 500n,
  epochLength: 3_600,
  unbondingPeriod: 90_000,
} as const;

/** A new wallet with gas. */
export async function newWallet(local: LocalDeployment): Promise<LocalWallet> {
  const account = privateKeyToAccount(generatePrivateKey());
  await local.testClient.setBalance({ address: account.address, value: 10n ** 18n });
  return local.wallet(account);
}

/** Gives a wallet tokens, and lets the stake manager take them. */
export async function giveStake(local: LocalDeployment, wallet: LocalWallet, amount: bigint): Promise<void> {
  await local.mint(wallet.account.address, amount);
  await approveSync(wallet, { deployment: local.deployment, spender: "stakeManager", amount });
}

/** A new operator in the registry, with nothing staked. */
export async function registeredOperator(
  local: LocalDeployment,
  listing: Partial<Listing> = {},
): Promise<StagedOperator> {
  const { deployment } = local;
  const wallet = await newWallet(local);
  const operator = wallet.account.address;
  const agent = privateKeySigner(generatePrivateKey());
  await registerSync(wallet, {
    deployment,
    listing: { ...LISTING, ...listing },
    beneficiary: zeroAddress,
    agent: agent.address,
    signature: await signAgent(agent, { deployment, operator }),
  });
  return { wallet, operator, agent };
}

/** A new operator with so much stake of its own. */
export async function stakedOperator(
  local: LocalDeployment,
  amount: bigint,
  listing?: Partial<Listing>,
): Promise<StagedOperator> {
  const staged = await registeredOperator(local, listing);
  await giveStake(local, staged.wallet, amount);
  await stakeSync(staged.wallet, { deployment: local.deployment, amount });
  return staged;
}

/** A new wallet that has delegated so much to an operator. */
export async function newDelegator(local: LocalDeployment, operator: Address, amount: bigint): Promise<LocalWallet> {
  const wallet = await newWallet(local);
  await giveStake(local, wallet, amount);
  await delegateSync(wallet, { deployment: local.deployment, operator, amount, maxCommissionBps: 10_000 });
  return wallet;
}

/** Sets the clock to a minute after the next epoch's beginning. */
export async function enterNextEpoch(local: LocalDeployment): Promise<void> {
  const { deployment, publicClient } = local;
  const { epochLength } = await readStakeParameters(publicClient, { deployment });
  const { timestamp } = await publicClient.getBlock();
  await local.sleep(epochLength - (Number(timestamp) % epochLength) + 60);
}
