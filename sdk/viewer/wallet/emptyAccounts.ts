import { getBlock } from "viem/actions";
import type { ReadClient, WriteClient } from "../../chain/clients.ts";
import { isContractError } from "../../chain/contractError.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { multicallSync } from "../../chain/paymentChannels/multicall.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { StoredBook } from "../channelBook.ts";
import { planClose } from "./closePlan.ts";
import type { AccountToClose, ClosePlan } from "./closePlan.ts";
import { findAccounts, readSessionMoney } from "./sessionMoney.ts";
import { connectWallet } from "./walletClient.ts";
import type { WalletProvider } from "./walletClient.ts";

/** What emptying accounts brought. */
export interface EmptiedAccounts {
  /** Token base units that the wallet got. */
  readonly withdrawn: bigint;
  /** What is left to do, and when. */
  readonly plan: ClosePlan;
  /** Whether there is nothing left that could come back. */
  readonly done: boolean;
}

/** Options of `recoverAccounts`. */
export interface RecoverAccountsOptions {
  /** The wallet that owns the accounts: a provider, or a viem client. */
  readonly wallet: WalletProvider | WriteClient;
  readonly deployment: Deployment;
  /** What reads the chain; the wallet if left out. */
  readonly client?: ReadClient;
}

const NOTHING_STORED: StoredBook = { spent: 0n, pages: [] };
/** Relays settle while this goes on, and what was planned may no longer fit. */
const ATTEMPTS = 3;

/**
 * What a wallet can get back from accounts whose session keys are lost with their browser, and when. From any device; it
 * takes no key but the wallet's.
 *
 * @throws WeirError `chain-unavailable`, and as `connectWallet`
 */
export async function planRecovery(options: RecoverAccountsOptions): Promise<ClosePlan> {
  const wallet = await connectWallet(options.wallet, options.deployment);
  const client = options.client ?? wallet;
  const { deployment } = options;
  const accounts = await accountsOf(client, deployment, wallet.account.address);
  return planClose(deployment, wallet.account.address, accounts, await timeOf(client));
}

/**
 * Gets back what a wallet has in accounts whose session keys are lost: one confirmation now, which also asks to close the
 * channels, and one more for what they held when their grace periods are over. It goes on from what the chain says, so
 * it can be called again at any time. Sessions that still run elsewhere are closed with the others.
 *
 * @throws WeirError `request-declined`, `chain-unavailable`, and as `connectWallet`; ContractError
 */
export async function recoverAccounts(options: RecoverAccountsOptions): Promise<EmptiedAccounts> {
  const wallet = await connectWallet(options.wallet, options.deployment);
  const client = options.client ?? wallet;
  const { deployment } = options;
  return emptyAccounts(wallet, client, deployment, async () => accountsOf(client, deployment, wallet.account.address));
}

/**
 * Carries out what `planClose` says, and reads what is left.
 *
 * @param read the accounts as they are now
 */
export async function emptyAccounts(
  wallet: WriteClient,
  client: ReadClient,
  deployment: Deployment,
  read: () => Promise<readonly AccountToClose[]>,
): Promise<EmptiedAccounts> {
  const owner = wallet.account.address;
  let withdrawn = 0n;
  for (let attempt = 1; ; attempt++) {
    const { calls, confirmations } = planClose(deployment, owner, await read(), await timeOf(client));
    if (confirmations === 0) break;
    try {
      const { events } = await multicallSync(wallet, { deployment, calls });
      for (const event of events) if (event.eventName === "Withdrawn") withdrawn += event.args.amount;
      break;
    } catch (error) {
      if (attempt === ATTEMPTS || !isContractError(error)) throw error;
    }
  }
  const left = await read();
  const plan = planClose(deployment, owner, left, await timeOf(client));
  const done = plan.held === 0n && left.every(({ money }) => money.balance === 0n && money.open.length === 0);
  return { withdrawn, plan, done };
}

async function accountsOf(client: ReadClient, deployment: Deployment, owner: Address): Promise<AccountToClose[]> {
  const opened = await findAccounts(client, deployment, owner);
  return Promise.all(
    opened.map(async ({ signer, since }) => ({
      signer,
      money: await readSessionMoney(client, deployment, signer, since),
      book: NOTHING_STORED,
      leaves: new Map<never, never>(),
    })),
  );
}

/** The chain's own time, in seconds since the epoch: what its grace periods go by. */
export async function timeOf(client: ReadClient): Promise<number> {
  try {
    return Number((await getBlock(client)).timestamp);
  } catch (error) {
    throw toWeirError(error);
  }
}
