import { signMessage } from "viem/actions";
import type { ReadClient, WriteClient } from "../../chain/clients.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { formatAmount } from "../../core/amounts.ts";
import type { Deployment } from "../../core/deployment.ts";
import { WeirError } from "../../core/weirError.ts";
import type { Fetch } from "../relayWire.ts";
import { depositInto } from "./depositInto.ts";
import type { DepositStep } from "./depositInto.ts";
import type { SessionDatabase } from "./sessionDatabase.ts";
import { openSessionKey } from "./sessionKey.ts";
import type { SessionLimits } from "./sessionLimits.ts";
import { changeRecord, readRecord } from "./sessionRecord.ts";
import type { SessionRecord } from "./sessionRecord.ts";
import type { SessionLocks } from "./tabSlot.ts";
import type { WalletProvider } from "./walletClient.ts";

/** Options of `openSession`. Amounts are token base units. */
export interface OpenSessionOptions {
  /** The user's wallet: any EIP-1193 provider, or a viem client with an account, as wagmi gives one. */
  readonly wallet: WalletProvider | WriteClient;
  readonly deployment: Deployment;
  /** Origins of relays: to play from, and to send the deposit where the token lets them. */
  readonly relays: readonly string[];
  /** What the wallet puts into the session's account when it is opened first. The most that can ever be lost. */
  readonly amount: bigint;
  /** All funding of the session together; `amount` if left out. */
  readonly budget?: bigint;
  /** All funding within any hour; no limit if left out. */
  readonly budgetPerHour?: bigint;
  readonly maxPricePerGiB: bigint;
  /** Tells sessions of one wallet apart: letters, digits, dots, dashes, underscores. */
  readonly name?: string;
  /** What reads the chain; the wallet if left out. */
  readonly client?: ReadClient;
  /** Hears what opening does, for the page to show. */
  readonly onStep?: (step: DepositStep) => void;
  readonly fetch?: Fetch;
  /** Name of the browser's database. */
  readonly database?: string;
}

/** What the parts of a session share. */
export interface SessionParts {
  readonly options: OpenSessionOptions;
  readonly wallet: WriteClient;
  readonly client: ReadClient;
  readonly fetch: Fetch;
  readonly database: SessionDatabase;
  readonly locks: SessionLocks;
  readonly id: string;
}

/** The session's record as it is now. @throws WeirError `storage-failed` if it was closed */
export async function currentRecord({ database, id }: SessionParts): Promise<SessionRecord> {
  const record = await readRecord(database, id);
  if (record === undefined) throw new WeirError("storage-failed", "the session was closed");
  return record;
}

/** Brings a deposit from before to its end, or makes one. Only to be called by one tab at a time. */
export async function fillAccount(
  { client, database, fetch, id, options, wallet }: SessionParts,
  record: SessionRecord,
  amount: bigint,
): Promise<SessionRecord> {
  const { deployment, onStep = ignoreStep, relays } = options;
  const deposited = await depositInto(wallet, {
    ...{ deployment, amount, relays, fetch, client, onStep },
    signer: await openSessionKey(record.key, id),
    maxPricePerGiB: record.limits.maxPricePerGiB,
    pending: record.pending,
    async onPending(pending) {
      await changeRecord(database, id, (kept) => ({ ...kept, pending }));
    },
  });
  return changeRecord(database, id, (kept) => ({ ...kept, pending: undefined, deposited: kept.deposited + deposited }));
}

/** Has the wallet sign higher limits, and writes them down. */
export async function confirmLimits(
  { database, id, options, wallet }: SessionParts,
  limits: SessionLimits,
): Promise<SessionRecord> {
  const { deployment } = options;
  const show = (amount: bigint): string =>
    `${formatAmount(amount, deployment.token.decimals)} ${deployment.token.symbol}`;
  const { budget, budgetPerHour, maxPricePerGiB } = limits;
  const message = [
    "Let this browser's session pay relays for video, without asking again, up to:",
    `in all: ${show(budget)}`,
    `within an hour: ${budgetPerHour === undefined ? "no limit of its own" : show(budgetPerHour)}`,
    `for a GiB: ${show(maxPricePerGiB)}`,
    `Escrow ${deployment.paymentChannels.address} on chain ${String(deployment.chainId)}. This costs nothing and moves nothing.`,
  ].join("\n");
  try {
    await signMessage(wallet, { account: wallet.account, message });
  } catch (error) {
    throw toWeirError(error);
  }
  return changeRecord(database, id, (record) => ({ ...record, limits }));
}

function ignoreStep(): void {
  // The page shows nothing.
}
