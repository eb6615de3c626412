import type { WeirErrorCode } from "../core/errorCatalogue.ts";
import { WeirError } from "../core/weirError.ts";

/** The error itself if it is typed, or one of the given code with the error as its cause. */
export function asWeirError(error: unknown, code: WeirErrorCode = "internal"): WeirError {
  return WeirError.is(error) ? error : new WeirError(code, undefined, { cause: error });
}
