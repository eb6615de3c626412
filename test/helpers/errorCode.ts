import { WeirError } from "../../sdk/core/weirError.ts";

/** The code of the `WeirError` that `run` throws or rejects with, or `none`. Any other error is a failed test. */
export async function errorCode(run: Promise<unknown> | (() => unknown)): Promise<string> {
  try {
    await (typeof run === "function" ? run() : run);
  } catch (error) {
    if (WeirError.is(error)) return error.code;
    throw error;
  }
  return "none";
}
