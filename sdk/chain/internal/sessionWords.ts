import type { Hex } from "../../core/hex.ts";
import { splitSignature } from "../../core/signature.ts";
import type { CompactSignature } from "../../core/signature.ts";

const ZERO_WORD: Hex = `0x${"0".repeat(64)}`;

/** The two words of a `Session`; zeros where none is needed, because the escrow reads it for a new account only. */
export function sessionWords(session: CompactSignature | undefined): { readonly r: Hex; readonly vs: Hex } {
  return session === undefined ? { r: ZERO_WORD, vs: ZERO_WORD } : splitSignature(session);
}
