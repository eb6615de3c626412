import type { Hex } from "../../core/hex.ts";
import type { WeirError } from "../../core/weirError.ts";
import type { FundingLedger } from "../fundingLedger.ts";
import type { SessionDatabase } from "./sessionDatabase.ts";
import type { SessionLimits } from "./sessionLimits.ts";

/** A session's ledger as it is kept: what was reserved for channels before their funding was signed. */
export interface LedgerPage {
  /** Token base units that channels cost which the chain says are closed. */
  readonly spent: bigint;
  /** Of all other channels: what their funding may add up to. */
  readonly reserved: Readonly<Record<Hex, bigint>>;
  /** What was added within the last hour, oldest first. */
  readonly raises: readonly Raise[];
}

/** One addition. */
export interface Raise {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly amount: bigint;
}

const HOUR_MS = 3_600_000;
/** How long a channel waits that could not get all that it asked for. */
const PAUSE_MS = 5_000;
const EMPTY: LedgerPage = { spent: 0n, reserved: {}, raises: [] };

/**
 * Reserves as much of what a channel asks for as the limits leave. Pure.
 *
 * @param total what its funding is to be raised to
 * @param limits `deposited`: what was put into the account, which nothing can exceed
 * @param now milliseconds since the epoch
 */
export function reserveOn(
  page: LedgerPage,
  channel: Hex,
  total: bigint,
  limits: SessionLimits & { readonly deposited: bigint },
  now: number,
): LedgerPage {
  const raises = recent(page.raises, now);
  const held = page.reserved[channel] ?? 0n;
  const most = min(limits.budget, limits.deposited) - costOf(page);
  const hourly = limits.budgetPerHour === undefined ? most : limits.budgetPerHour - sum(raises);
  const amount = min(total - held, min(most, hourly));
  if (amount <= 0n) return { ...page, raises };
  return {
    ...page,
    reserved: { ...page.reserved, [channel]: held + amount },
    raises: [...raises, { at: now, amount }],
  };
}

/** Replaces what a channel holds by what it cost. Pure; a second time changes nothing. */
export function settleOn(page: LedgerPage, channel: Hex, cost: bigint): LedgerPage {
  const { [channel]: held, ...reserved } = page.reserved;
  return held === undefined ? page : { ...page, reserved, spent: page.spent + cost };
}

/** Everything that channels cost or may cost. */
export function costOf({ reserved, spent }: LedgerPage): bigint {
  return spent + sum(Object.values(reserved).map((amount) => ({ amount })));
}

/** What was added within the last hour. A time that lies ahead was written by a clock that was wrong, and counts. */
function recent(raises: readonly Raise[], now: number): readonly Raise[] {
  return raises.filter(({ at }) => at > now - HOUR_MS);
}

/** Where a session stands with its limits. */
export interface LedgerState {
  readonly page: LedgerPage;
  /** Token base units that were reserved within the last hour. */
  readonly lastHour: bigint;
}

/** Options of `openLedger`. */
export interface LedgerOptions {
  readonly database: SessionDatabase;
  /** Whose ledger. */
  readonly session: string;
  /** Read anew each time: another tab may have raised them. */
  readonly limits: () => Promise<SessionLimits & { readonly deposited: bigint }>;
  /** Ends when this tab must sign nothing more. */
  readonly held: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** A ledger of this tab. */
export interface TabLedger extends FundingLedger {
  state(): Promise<LedgerState>;
  /** Takes out what the chain says is closed, whichever tab funded it. */
  reconcile(closed: (channel: Hex) => Promise<bigint | undefined>): Promise<void>;
}

/** The ledger that all tabs of a session share. Every change is one transaction of the browser's database. */
export async function openLedger({ database, session, limits, held, now }: LedgerOptions): Promise<TabLedger> {
  const known = new Map<Hex, bigint>();
  const pausedUntil = new Map<Hex, number>();

  const read = async (): Promise<LedgerPage> =>
    database.transact("ledgers", async (table) => ((await table.get(session)) as LedgerPage | undefined) ?? EMPTY);

  async function change(step: (page: LedgerPage) => LedgerPage): Promise<LedgerPage> {
    return database.transact("ledgers", async (table) => {
      const page = step(((await table.get(session)) as LedgerPage | undefined) ?? EMPTY);
      table.put(session, page);
      return page;
    });
  }

  async function reserve(channel: Hex, total: bigint): Promise<void> {
    const most = await limits();
    const page = await change((before) => reserveOn(before, channel, total, most, now()));
    // Given up in the meantime, the slot may be another tab's by now, and so may the channel.
    if (held.aborted) throw held.reason as WeirError;
    const reserved = page.reserved[channel] ?? 0n;
    known.set(channel, reserved);
    if (reserved >= total) pausedUntil.delete(channel);
  }

  async function settle(channel: Hex, cost: bigint): Promise<void> {
    known.delete(channel);
    await change((page) => settleOn(page, channel, cost));
  }

  for (const [channel, amount] of Object.entries((await read()).reserved)) known.set(channel as Hex, amount);

  return {
    reserved: (channel) => (held.aborted ? 0n : (known.get(channel) ?? 0n)),
    reserve(channel, total) {
      const isPaused = (pausedUntil.get(channel) ?? 0) > now();
      if (held.aborted || isPaused || total <= (known.get(channel) ?? 0n)) return undefined;
      pausedUntil.set(channel, now() + PAUSE_MS);
      return reserve(channel, total);
    },
    settle,
    async state() {
      const page = await read();
      return { page, lastHour: sum(recent(page.raises, now())) };
    },
    async reconcile(closed) {
      const channels = Object.keys((await read()).reserved) as Hex[];
      const costs = await Promise.all(channels.map(async (channel) => [channel, await closed(channel)] as const));
      for (const [channel, cost] of costs) if (cost !== undefined) await settle(channel, cost);
    },
  };
}

function sum(raises: readonly { readonly amount: bigint }[]): bigint {
  return raises.reduce((total, { amount }) => total + amount, 0n);
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
