import { WeirError } from "../../core/weirError.ts";

const VERSION = 1;
const TABLES = ["sessions", "ledgers", "entries"] as const;

/** Where things are in the database: what sessions are, what they may still sign, and what their viewers remember. */
export type SessionTable = (typeof TABLES)[number];

/** One table inside a transaction. */
export interface TableAccess {
  get(key: string): Promise<unknown>;
  /** All whose key begins with `prefix`, in the order of the keys. */
  list(prefix: string): Promise<readonly (readonly [key: string, value: unknown])[]>;
  put(key: string, value: unknown): void;
  delete(key: string): void;
}

/** The database of a page's origin. All tabs of the origin share it. */
export interface SessionDatabase {
  /**
   * Reads and writes one table, all of it or nothing. No other transaction, in this tab or another, comes in between as long
   * as `work` waits for nothing but the table. What was written is on disk when this resolves.
   *
   * @throws WeirError `storage-failed`; what `work` throws, and then nothing was written
   */
  transact<Value>(table: SessionTable, work: (access: TableAccess) => Promise<Value>): Promise<Value>;
  close(): void;
}

/**
 * Opens the database of this origin.
 *
 * @param name another one than the product's own
 * @throws WeirError `browser-unsupported` where there is no IndexedDB, `storage-failed` if it cannot be opened
 */
export async function openSessionDatabase(name = "weir"): Promise<SessionDatabase> {
  const factory = (globalThis as { readonly indexedDB?: IDBFactory }).indexedDB;
  if (factory === undefined) throw new WeirError("browser-unsupported", "there is no IndexedDB here");
  const database = await openDatabase(factory, name);
  // Another tab brings a newer version of this software; it must not wait for this one.
  database.onversionchange = () => {
    database.close();
  };
  return {
    async transact(table, work) {
      try {
        return await transactOn(database, table, work);
      } catch (cause) {
        if (WeirError.is(cause)) throw cause;
        throw new WeirError("storage-failed", "the browser did not take the change", { cause });
      }
    },
    close() {
      database.close();
    },
  };
}

async function openDatabase(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const fail = (error: DOMException | null): void => {
      reject(new WeirError("storage-failed", "the browser's database cannot be opened", { cause: error }));
    };
    let request: IDBOpenDBRequest;
    try {
      request = factory.open(name, VERSION);
    } catch (error) {
      fail(error as DOMException);
      return;
    }
    request.onupgradeneeded = () => {
      for (const table of TABLES) request.result.createObjectStore(table);
    };
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      fail(request.error);
    };
  });
}

async function transactOn<Value>(
  database: IDBDatabase,
  table: SessionTable,
  work: (access: TableAccess) => Promise<Value>,
): Promise<Value> {
  // Relaxed durability may lose what was acknowledged when the power fails: here, that something was signed.
  const transaction = database.transaction(table, "readwrite", { durability: "strict" });
  const store = transaction.objectStore(table);
  const committed = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => {
      resolve();
    };
    transaction.onabort = () => {
      reject(transaction.error ?? new DOMException("the transaction was ended", "AbortError"));
    };
  });
  committed.catch(() => undefined); // Whoever waits below hears it.
  let value: Value;
  try {
    value = await work(accessTo(store));
  } catch (error) {
    abort(transaction);
    throw error;
  }
  await committed;
  return value;
}

function accessTo(store: IDBObjectStore): TableAccess {
  return {
    get: async (key) => answer(store.get(key) as IDBRequest<unknown>),
    async list(prefix) {
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const [keys, values] = await Promise.all([
        answer(store.getAllKeys(range)),
        answer(store.getAll(range) as IDBRequest<unknown[]>),
      ]);
      return keys.map((key, i) => [key as string, values[i]] as const);
    },
    put(key, value) {
      store.put(value, key);
    },
    delete(key) {
      store.delete(key);
    },
  };
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch (error) {
    // It had ended already, by the very error that is reported.
    if ((error as Error).name !== "InvalidStateError") throw error;
  }
}

async function answer<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(request.error ?? new DOMException("the request failed", "UnknownError"));
    };
  });
}
