import { getBlockNumber } from "viem/actions";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { assertUint } from "../../core/hex.ts";
import type { Address } from "../../core/hex.ts";
import { relayOrigin } from "../../core/relayOrigin.ts";
import { WeirError } from "../../core/weirError.ts";
import { openSessionDatabase } from "./sessionDatabase.ts";
import { makeSessionKey } from "./sessionKey.ts";
import { checkedLimits } from "./sessionLimits.ts";
import type { SessionLimits } from "./sessionLimits.ts";
import { fillAccount } from "./sessionParts.ts";
import type { OpenSessionOptions, SessionParts } from "./sessionParts.ts";
import { addRecord, readRecord, sessionId } from "./sessionRecord.ts";
import type { SessionRecord } from "./sessionRecord.ts";
import { oneAtATime, sessionLocks } from "./tabSlot.ts";
import { tabSession } from "./tabSession.ts";
import type { ViewerSession } from "./viewerSession.ts";
import { connectWallet } from "./walletClient.ts";

/**
 * Opens the wallet's session in this browser, or goes on with it: after a reload, and in another tab, the wallet is asked
 * for nothing. The first time it puts `amount` into the account of a new session key: with one signature and no gas where the
 * token has ERC-3009 and a relay sends deposits; with a signature and one transaction where it has permits; with an approval
 * and a deposit elsewhere. The key is in the browser's database before any money moves. What is broken off goes on when it is
 * called again, and pays once.
 *
 * Limits are those that the session was opened with, or lower ones that are given here; `raiseLimits` asks the wallet.
 *
 * @throws WeirError `browser-unsupported`, `storage-failed`, `session-in-use`; `malformed-message` naming the option;
 * `request-declined`, `wrong-chain`, `chain-unavailable`; as `openAccount`
 * @example
 * const session = await openSession({ wallet: window.ethereum, deployment, relays, amount, maxPricePerGiB });
 * const viewer = await session.viewer({ publisher, name: "film", manifest: "/film/weir.json" });
 */
export async function openSession(options: OpenSessionOptions): Promise<ViewerSession> {
  const { deployment, name = "default" } = options;
  const limits = limitsOf(options);
  const relays = options.relays.map(originOf);
  const locks = sessionLocks();
  const database = await openSessionDatabase(options.database);
  try {
    // Tabs that are opened together ask once: the second finds the wallet connected.
    const wallet = await oneAtATime(locks, "wallet", "connecting", async () =>
      connectWallet(options.wallet, deployment),
    );
    const parts: SessionParts = {
      options: { ...options, relays },
      wallet,
      client: options.client ?? wallet,
      fetch: options.fetch ?? (async (url, init) => fetch(url, init)),
      ...{ database, locks, id: sessionId(deployment, wallet.account.address, name) },
    };
    const record = await oneAtATime(locks, parts.id, "opening", async () => open(parts, limits));
    return await tabSession(parts, record, limits);
  } catch (error) {
    database.close();
    throw error;
  }
}

/** The session's record, its account filled. */
async function open(parts: SessionParts, limits: SessionLimits): Promise<SessionRecord> {
  const { database, id, options } = parts;
  const known = (await readRecord(database, id)) ?? (await newSession(parts, limits));
  if (known.deposited > 0n && known.pending === undefined) return known;
  return fillAccount(parts, known, options.amount);
}

async function newSession(parts: SessionParts, limits: SessionLimits): Promise<SessionRecord> {
  const { client, database, id, options, wallet } = parts;
  const { signer, sealed } = await makeSessionKey(id);
  let since: bigint;
  try {
    since = await getBlockNumber(client, { cacheTime: 0 });
  } catch (error) {
    throw toWeirError(error);
  }
  return addRecord(database, {
    ...{ id, name: options.name ?? "default", owner: wallet.account.address, signer: signer.address },
    ...{ key: sealed, limits, deposited: 0n, since: Number(since) },
  });
}

/** The limits in options, checked. @throws WeirError `malformed-message` naming the one that is wrong */
export function limitsOf(
  options: Pick<OpenSessionOptions, "amount" | "budget" | "budgetPerHour" | "maxPricePerGiB">,
): SessionLimits {
  const { amount, budget = amount, budgetPerHour, maxPricePerGiB } = options;
  assertUint(amount, 96, "amount");
  if (amount === 0n) throw new WeirError("malformed-message", "amount is zero: nothing could be paid with it");
  return checkedLimits({ budget, budgetPerHour, maxPricePerGiB });
}

/** Whom a session belongs to, for a page that shows it. */
export interface KnownSession {
  readonly name: string;
  readonly owner: Address;
  readonly signer: Address;
  readonly limits: SessionLimits;
  /** Token base units that the wallet put in. */
  readonly deposited: bigint;
}

/**
 * The sessions that this browser keeps, without asking any wallet: for a page to say "go on" instead of "connect".
 *
 * @param database name of the browser's database
 * @throws WeirError `browser-unsupported`, `storage-failed`
 */
export async function listSessions(database?: string): Promise<KnownSession[]> {
  const opened = await openSessionDatabase(database);
  try {
    const found = await opened.transact("sessions", async (table) => table.list(""));
    return found.map(([, value]) => {
      const { deposited, limits, name, owner, signer } = value as SessionRecord;
      return { name, owner, signer, limits, deposited };
    });
  } finally {
    opened.close();
  }
}

function originOf(relay: string): string {
  const origin = relayOrigin(relay);
  if (origin !== undefined) return origin;
  throw new WeirError(
    "malformed-message",
    `the relay ${JSON.stringify(relay)} is not an https origin; plain http is for loopback only`,
  );
}
