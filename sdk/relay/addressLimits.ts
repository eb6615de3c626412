import { addressGroup } from "./addressGroup.ts";
import type { Clock } from "./clock.ts";
import type { RelayLimitOptions } from "./relayOptions.ts";
import { tokenBuckets } from "./tokenBuckets.ts";

/** Counts the sessions of each client address. Loopback is not counted, and neither is who has no address. */
export interface AddressLimits {
  /**
   * Whether an address may open a session now.
   *
   * @returns whole seconds to wait until it may; 0 if it may, which counts as an attempt
   */
  readonly admit: (address: string | undefined) => number;
  /** A session of a channel was opened; one that the channel had before is over. */
  readonly opened: (address: string | undefined, channelId: string, expires: number) => void;
  /** A session lives on until then. */
  readonly extended: (channelId: string, expires: number) => void;
  /** A session is over. */
  readonly ended: (channelId: string) => void;
  /** Forgets sessions whose token ran out. */
  readonly sweep: () => void;
}

/** What address limits need of their relay. */
export interface AddressLimitsContext {
  readonly limits: Pick<Required<RelayLimitOptions>, "sessionsPerAddress" | "sessionsPerMinute">;
  readonly clock: Clock;
}

/** Addresses that are remembered for how often they open sessions. */
const MOST_ADDRESSES = 100_000;

/** Seconds after which an address with too many sessions may ask again. */
const FULL_RETRY_SECONDS = 30;

interface OpenSession {
  readonly group: string;
  /** Seconds since the epoch. */
  expires: number;
}

/** Nobody has a session yet. */
export function addressLimits({ limits, clock }: AddressLimitsContext): AddressLimits {
  const { sessionsPerAddress, sessionsPerMinute } = limits;
  const attempts = tokenBuckets({
    perSecond: sessionsPerMinute / 60,
    burst: sessionsPerMinute,
    most: MOST_ADDRESSES,
  });
  const sessions = new Map<string, OpenSession>();
  const byGroup = new Map<string, Set<string>>();

  const end = (channelId: string): void => {
    const session = sessions.get(channelId);
    if (session === undefined) return;
    sessions.delete(channelId);
    const among = byGroup.get(session.group);
    among?.delete(channelId);
    if (among?.size === 0) byGroup.delete(session.group);
  };
  const forgetExpired = (among: Iterable<string>): void => {
    const now = clock();
    for (const channelId of among) if ((sessions.get(channelId)?.expires ?? 0) < now) end(channelId);
  };
  const hasRoom = (group: string): boolean => {
    const among = byGroup.get(group);
    if (among === undefined || among.size < sessionsPerAddress) return true;
    forgetExpired(among);
    return among.size < sessionsPerAddress;
  };

  return {
    admit(address) {
      const group = addressGroup(address);
      if (group === undefined) return 0;
      const wait = attempts.take(group);
      if (wait > 0) return wait;
      return hasRoom(group) ? 0 : FULL_RETRY_SECONDS;
    },
    opened(address, channelId, expires) {
      end(channelId);
      const group = addressGroup(address);
      if (group === undefined) return;
      sessions.set(channelId, { group, expires });
      const among = byGroup.get(group) ?? new Set<string>();
      among.add(channelId);
      byGroup.set(group, among);
    },
    extended(channelId, expires) {
      const session = sessions.get(channelId);
      if (session !== undefined) session.expires = expires;
    },
    ended: end,
    sweep() {
      forgetExpired(sessions.keys());
    },
  };
}
