import { toWeirError } from "../../chain/internal/toWeirError.ts";
import { fail } from "./check.ts";
import type { Check } from "./check.ts";

/** Checks that ask the chain: when it does not answer, that is what was found. */
export async function attempt(name: string, look: () => Promise<readonly Check[]>): Promise<readonly Check[]> {
  try {
    return await look();
  } catch (error) {
    const { cure, shortMessage } = toWeirError(error);
    return [fail(name, shortMessage, cure)];
  }
}
