import { errorCatalogue } from "../../core/errorCatalogue.ts";
import type { ErrorDescription, WeirErrorCode } from "../../core/errorCatalogue.ts";
import { WeirError } from "../../core/weirError.ts";

/** What a player is told of a request that failed: it knows HTTP alone. */
export interface PlayerError {
  /** Players try again after 5xx, and not after 4xx. */
  readonly status: number;
  readonly text: string;
}

/** Errors that never travel over HTTP, by what a player should do about them. */
const STATUS: Partial<Record<WeirErrorCode, number>> = {
  // Relays come back, and prices fall.
  "no-relay-left": 503,
  // The player can't raise it by trying again.
  "budget-exhausted": 402,
};

/** What a player is told of what `Viewer.fetch` threw, the viewer's own end included. */
export function playerError(error: unknown): PlayerError {
  if (!WeirError.is(error)) return { status: 410, text: error instanceof Error ? error.message : String(error) };
  const { httpStatus = 503 }: ErrorDescription = errorCatalogue[error.code];
  return { status: STATUS[error.code] ?? httpStatus, text: `${error.code}: ${error.shortMessage}` };
}
