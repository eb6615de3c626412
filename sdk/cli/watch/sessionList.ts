import { isSameAddress, privateKeySigner } from "../../core/index.ts";
import type { Address } from "../../core/index.ts";
import { readBook } from "../../viewer/channelBook.ts";
import type { StoredBook } from "../../viewer/channelBook.ts";
import { claimsOn, findAccounts, readSessionMoney } from "../../viewer/wallet/sessionMoney.ts";
import type { Claims, SessionMoney } from "../../viewer/wallet/sessionMoney.ts";
import type { ChainConnection } from "../connect.ts";
import { chainTime } from "../operator.ts";
import { isSessionOf, readSessions, sessionStoreFile } from "./sessionFiles.ts";
import type { StoredSession } from "./sessionFiles.ts";
import { openSessionStore } from "./sessionStore.ts";

/** A session of the deployment, with its money. */
export interface ListedSession {
  readonly id: Address;
  /** The wallet that gets its money. */
  readonly owner: Address;
  /** Seconds since the epoch; undefined if this machine has no key of it. */
  readonly createdAt: number | undefined;
  /** Whether a viewer of another process is at work with it. */
  readonly inUse: boolean;
  readonly money: SessionMoney;
  readonly claims: Claims;
  /** Token base units that come back now. */
  readonly free: bigint;
  /** Token base units that come back once its channels are closed, and signed funding has run out. */
  readonly later: bigint;
}

const NOTHING_STORED: StoredBook = { spent: 0n, pages: [] };

/**
 * The sessions of this user with this deployment.
 *
 * @param wallet also finds on the chain what is left in any other account that this wallet owns: it needs no session key
 */
export async function listSessions(
  connection: ChainConnection,
  folder: string,
  wallet: Address | undefined,
): Promise<ListedSession[]> {
  const { client, deployment } = connection;
  const stored = readSessions(folder).filter((session) => isSessionOf(session, deployment));
  const now = await chainTime(connection);
  const listed: ListedSession[] = [];
  for (const session of stored) {
    const { book, inUse } = await lookInto(connection, folder, session);
    const money = await readSessionMoney(client, deployment, session.id, session.since);
    const { createdAt, id, owner } = session;
    listed.push(toListed({ id, owner, createdAt, inUse }, money, claimsOn(book, money, now)));
  }
  if (wallet === undefined) return listed;
  for (const { signer, since } of await findAccounts(client, deployment, wallet)) {
    if (listed.some(({ id }) => isSameAddress(id, signer))) continue;
    const money = await readSessionMoney(client, deployment, signer, since);
    const session = { id: signer, owner: wallet, createdAt: undefined, inUse: false };
    const found = toListed(session, money, claimsOn(NOTHING_STORED, money, now));
    if (!isOver(found)) listed.push(found);
  }
  return listed;
}

/** Whether there is nothing left of a session that could come back. */
export function isOver({ claims, money }: ListedSession): boolean {
  return money.balance === 0n && money.open.length === 0 && claims.held === 0n;
}

function toListed(
  session: Pick<ListedSession, "createdAt" | "id" | "inUse" | "owner">,
  money: SessionMoney,
  claims: Claims,
): ListedSession {
  const held = claims.held < money.balance ? claims.held : money.balance;
  const reserved = money.open.reduce((sum, { deposit, settled }) => sum + deposit - settled, 0n);
  // What is held comes out of the balance; the rest of what is owed is in channels.
  return { ...session, money, claims, free: money.balance - held, later: reserved - (claims.owed - claims.held) };
}

async function lookInto(
  { deployment }: ChainConnection,
  folder: string,
  { id, key }: StoredSession,
): Promise<{ readonly book: StoredBook; readonly inUse: boolean }> {
  const store = openSessionStore(sessionStoreFile(folder, id));
  if (store === undefined) return { book: NOTHING_STORED, inUse: true };
  try {
    return { book: await readBook({ deployment, signer: privateKeySigner(key), store }), inUse: false };
  } finally {
    store.close();
  }
}
