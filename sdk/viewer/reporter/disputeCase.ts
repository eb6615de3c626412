import { isHex } from "../../core/hex.ts";
import type { Hex } from "../../core/hex.ts";
import type { Contradiction } from "../../core/findContradiction.ts";
import { WeirError } from "../../core/weirError.ts";

/** What a reporter has against one agent. */
export interface DisputeCase {
  readonly contradiction: Contradiction;
  /** Of the commitment, once there is to be one. */
  readonly salt: Hex | undefined;
}

/** A case as text for a store. */
export function encodeCase({ contradiction, salt }: DisputeCase): string {
  return JSON.stringify({ version: 1, contradiction, salt }, (_key, value: unknown) =>
    typeof value === "bigint" ? { uint: String(value) } : value,
  );
}

/**
 * Reads what `encodeCase` wrote. That it proves anything is for the chain to say.
 *
 * @throws WeirError `storage-failed`
 */
export function decodeCase(text: string): DisputeCase {
  try {
    const value = JSON.parse(text, (_key, member: unknown) =>
      isUint(member) ? BigInt(member.uint) : member,
    ) as unknown;
    if (!isCase(value)) throw new TypeError("not a case");
    return { contradiction: value.contradiction, salt: value.salt };
  } catch (cause) {
    throw new WeirError("storage-failed", "the store holds something that no reporter wrote", { cause });
  }
}

function isUint(value: unknown): value is { readonly uint: string } {
  return typeof value === "object" && value !== null && "uint" in value && typeof value.uint === "string";
}

function isCase(value: unknown): value is DisputeCase {
  if (typeof value !== "object" || value === null || !("version" in value) || value.version !== 1) return false;
  if (!("contradiction" in value) || ("salt" in value && !isHex(value.salt, 32))) return false;
  const { contradiction } = value as { readonly contradiction: Partial<Contradiction> | null };
  return isHex(contradiction?.agent, 20) && Array.isArray(contradiction.deliveries);
}
