import { WeirError } from "../../core/weirError.ts";

/** The part of the Web Locks API that sessions use; `navigator.locks` in a browser. */
export type SessionLocks = Pick<LockManager, "query" | "request">;

/**
 * A place among the tabs of a session. One tab has it at a time, and with it the channels that are remembered under it: a
 * channel has one writer. The browser frees it when the tab goes away, however it goes; the next tab takes it over.
 */
export interface TabSlot {
  /** From zero. */
  readonly number: number;
  /** Ends when the slot is lost or given back: whoever held it must sign nothing more. */
  readonly held: AbortSignal;
  /** Gives it back. Resolves when another tab may have it. */
  release(): Promise<void>;
}

/** Tabs that one session may have at a time: more are a page that opens itself in a loop. */
const MAX_TABS = 64;

/** How long a reloaded tab waits for the slot that it had: the browser may take a moment to free it. */
const RETURN_MS = 500;

/** @throws WeirError `browser-unsupported` where there are no Web Locks, as over plain http */
export function sessionLocks(): SessionLocks {
  const { locks } = (globalThis as { readonly navigator?: { readonly locks?: LockManager } }).navigator ?? {};
  if (locks !== undefined) return locks;
  throw new WeirError("browser-unsupported", "there are no Web Locks here, so two tabs could sign for one channel");
}

/**
 * Takes the slot that this tab had before it was reloaded, or the lowest that is free.
 *
 * @throws WeirError `session-in-use` if all are taken
 */
export async function claimSlot(locks: SessionLocks, session: string): Promise<TabSlot> {
  const slot = (await claimAgain(locks, session)) ?? (await claimLowest(locks, session));
  tabMemory()?.setItem(memoryKey(session), String(slot.number));
  return slot;
}

/** The tab leaves the session for good. */
export function forgetSlot(session: string): void {
  tabMemory()?.removeItem(memoryKey(session));
}

/** The browser may take a moment to free what the page before the reload held. */
async function claimAgain(locks: SessionLocks, session: string): Promise<TabSlot | undefined> {
  const remembered = tabMemory()?.getItem(memoryKey(session));
  const number = Number(remembered ?? -1);
  if (!Number.isInteger(number) || number < 0 || number >= MAX_TABS) return undefined;
  return take(locks, session, number, { signal: AbortSignal.timeout(RETURN_MS) });
}

async function claimLowest(locks: SessionLocks, session: string): Promise<TabSlot> {
  for (let number = 0; number < MAX_TABS; number++) {
    const slot = await take(locks, session, number, { ifAvailable: true });
    if (slot !== undefined) return slot;
  }
  throw new WeirError("session-in-use", `${MAX_TABS} tabs are using the session`);
}

/** What survives the reload of a tab, and goes away with it. A page that may not keep it takes the lowest free slot. */
function tabMemory(): Storage | undefined {
  try {
    return (globalThis as { readonly sessionStorage?: Storage }).sessionStorage;
  } catch {
    return undefined;
  }
}

function memoryKey(session: string): string {
  return `weir/${session}/slot`;
}

/**
 * Runs something while no tab has a slot of the session, and none gets one.
 *
 * @param patienceMs how long to wait for tabs that are about to leave
 * @throws WeirError `session-in-use` if one stays
 */
export async function withAllSlots<Value>(
  locks: SessionLocks,
  session: string,
  patienceMs: number,
  run: () => Promise<Value>,
): Promise<Value> {
  const signal = AbortSignal.timeout(patienceMs);
  const slots: TabSlot[] = [];
  try {
    for (let number = 0; number < MAX_TABS; number++) {
      const slot = await take(locks, session, number, { signal });
      if (slot === undefined) throw new WeirError("session-in-use", "another tab is using the session and stays");
      slots.push(slot);
    }
    return await run();
  } finally {
    await Promise.all(slots.map(async (slot) => slot.release()));
  }
}

/** Runs something that one tab at a time may do. */
export async function oneAtATime<Value>(
  locks: SessionLocks,
  session: string,
  what: string,
  run: () => Promise<Value>,
): Promise<Value> {
  return await locks.request(`weir/${session}/${what}`, run);
}

async function take(
  locks: SessionLocks,
  session: string,
  number: number,
  options: LockOptions,
): Promise<TabSlot | undefined> {
  const lost = new AbortController();
  const given = Promise.withResolvers<boolean>();
  const done = Promise.withResolvers<undefined>();
  const ended = locks
    .request(`weir/${session}/slot/${number}`, options, async (lock) => {
      given.resolve(lock !== null);
      if (lock !== null) await done.promise;
    })
    .catch((error: unknown) => {
      // Not in time; or another page of the origin stole it, and `lost` tells.
      given.resolve(false);
      lost.abort(new WeirError("session-in-use", "the tab lost its place in the session", { cause: error }));
    });
  if (!(await given.promise)) return undefined;
  return {
    number,
    held: lost.signal,
    async release() {
      lost.abort(new WeirError("session-in-use", "the tab gave its place in the session back"));
      done.resolve(undefined);
      await ended;
    },
  };
}
