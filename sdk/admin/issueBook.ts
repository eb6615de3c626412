import type { WeirErrorCode } from "../core/index.ts";
import type { RelayEvent } from "../relay/index.ts";

/** Something that an operator should know of, with every time that it happened put together. */
export interface Issue {
  readonly type: RelayEvent["type"];
  readonly code?: WeirErrorCode;
  /** The route, stream or limit that it is about. */
  readonly about?: string;
  readonly count: number;
  /** In seconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What went wrong since the process started. */
export interface IssueBook {
  readonly note: (event: RelayEvent) => void;
  /** The latest first. */
  readonly read: () => readonly Issue[];
}

/**
 * Puts equal issues together, so that a book of them stays as short as the lists of codes, routes, streams and limits are,
 * however much goes wrong.
 *
 * @param clock seconds since the epoch
 */
export function issueBook(clock: () => number): IssueBook {
  const issues = new Map<string, Issue>();
  return {
    note(event) {
      const found = issueOf(event);
      if (found === undefined) return;
      const key = [event.type, found.about, found.code].join(" ");
      const now = clock();
      const known = issues.get(key);
      issues.set(key, {
        type: event.type,
        ...found,
        count: (known?.count ?? 0) + 1,
        firstAt: known?.firstAt ?? now,
        lastAt: now,
      });
    },
    read: () => [...issues.values()].sort((a, b) => b.lastAt - a.lastAt),
  };
}

function issueOf(event: RelayEvent): Pick<Issue, "about" | "code"> | undefined {
  switch (event.type) {
    case "requestRefused":
      return { about: event.route, code: event.code };
    case "originFailed":
      return { about: event.stream, code: event.code };
    case "collectionFailed":
    case "chainFailed":
      return { code: event.code };
    case "closeAtRisk":
      return { about: event.why };
    case "limitHit":
      return { about: event.limit };
    case "collectionMined":
      return event.achieved ? undefined : {};
    case "storageFailed":
    case "chainRecovered":
    case "collectionReplaced":
    case "gasCapWaiting":
    case "closeRequested":
    case "collectionTakenBack":
    case "chainReplaced":
      return {};
    case "sessionOpened":
    case "sessionEnded":
    case "segmentServed":
    case "resourceRead":
    case "receiptTaken":
    case "collectionSent":
      return undefined;
  }
}
