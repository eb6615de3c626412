import { mkdirSync } from "node:fs";
import { generatePrivateKey } from "viem/accounts";
import { getBlockNumber } from "viem/actions";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { checksumAddress, isSameAddress, privateKeySigner, privateKeyToAddress } from "../../core/index.ts";
import type { Address, SessionSigner } from "../../core/index.ts";
import { readBook } from "../../viewer/channelBook.ts";
import type { StoredBook } from "../../viewer/channelBook.ts";
import type { ChainConnection } from "../connect.ts";
import { isSessionOf, readSessions, sessionStoreFile } from "./sessionFiles.ts";
import type { StoredSession } from "./sessionFiles.ts";
import { readSessionMoney } from "../../viewer/wallet/sessionMoney.ts";
import type { SessionMoney } from "../../viewer/wallet/sessionMoney.ts";
import { openSessionStore } from "./sessionStore.ts";
import type { SessionStore } from "./sessionStore.ts";

/** A session that this process alone uses. */
export interface PickedSession {
  readonly session: StoredSession;
  readonly signer: SessionSigner;
  readonly store: SessionStore;
  readonly book: StoredBook;
  readonly money: SessionMoney;
  /** Whether it is in no file yet. */
  readonly isNew: boolean;
}

/**
 * The wallet's newest session that no other process uses; a new one, not yet written down, if there is none.
 *
 * @param fresh whether a new one is wanted in any case, so that nothing ties this watching to earlier ones
 */
export async function pickSession(
  connection: ChainConnection,
  folder: string,
  owner: Address,
  fresh: boolean,
): Promise<PickedSession> {
  const { client, deployment } = connection;
  const isUsable = (session: StoredSession): boolean =>
    isSessionOf(session, deployment) && isSameAddress(session.owner, owner);
  for (const session of fresh ? [] : readSessions(folder).filter(isUsable)) {
    const store = openSessionStore(sessionStoreFile(folder, session.id));
    if (store === undefined) continue;
    try {
      const signer = privateKeySigner(session.key);
      const book = await readBook({ deployment, signer, store });
      const money = await readSessionMoney(client, deployment, session.id, session.since);
      return { session, signer, store, book, money, isNew: false };
    } catch (error) {
      store.close();
      throw error;
    }
  }
  const session = await newSession(connection, owner);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = openSessionStore(sessionStoreFile(folder, session.id));
  if (store === undefined) throw new Error(`somebody uses the session ${session.id} that was made just now`);
  const money = { owner: `0x${"0".repeat(40)}` as const, balance: 0n, open: [], closed: [], settled: 0n };
  return { session, signer: privateKeySigner(session.key), store, book: { spent: 0n, pages: [] }, money, isNew: true };
}

async function newSession({ client, deployment }: ChainConnection, owner: Address): Promise<StoredSession> {
  const key = generatePrivateKey();
  try {
    return {
      id: checksumAddress(privateKeyToAddress(key)),
      key,
      chainId: deployment.chainId,
      paymentChannels: deployment.paymentChannels.address,
      owner,
      since: Number(await getBlockNumber(client, { cacheTime: 0 })),
      createdAt: Math.floor(Date.now() / 1_000),
    };
  } catch (error) {
    throw toWeirError(error);
  }
}
