import { WeirError } from "../core/index.ts";
import { CliError } from "./cliError.ts";
import { exitCodes, exitNameOf } from "./exitCodes.ts";

/** An error as a person reads it and as `--json` states it. */
export interface ErrorText {
  /** A code of the SDK's error catalogue, or the name of the exit code. */
  readonly code: string;
  readonly message: string;
  readonly cure: string;
  readonly details?: string;
  readonly exitCode: number;
}

/** Says what went wrong and what to do, without stack traces. */
export function describeError(error: unknown): ErrorText {
  const kind = exitNameOf(error);
  const exitCode = exitCodes[kind].code;
  if (error instanceof CliError) return { code: kind, message: error.message, cure: error.cure, exitCode };
  if (WeirError.is(error)) {
    const { code, cure, details, shortMessage } = error;
    return { code, message: shortMessage, cure, ...(details === undefined ? {} : { details }), exitCode };
  }
  const { code: systemCode, message } = asSystemError(error);
  const cure = systemCode === undefined ? "Repeat it with --debug and report what it says." : fileCure(systemCode);
  return { code: systemCode === undefined ? "internal" : "failed", message, cure, exitCode };
}

/** Two lines: what went wrong, and the code with the cure. */
export function formatError({ code, cure, details, message }: ErrorText): string {
  const facts = details === undefined || details === "" ? "" : ` (${details})`;
  return `weir: ${message}${facts}\n      ${cure} [${code}]`;
}

function asSystemError(error: unknown): { readonly code: string | undefined; readonly message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const { code, message } = error as NodeJS.ErrnoException;
  return { code: typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : undefined, message };
}

function fileCure(code: string): string {
  if (code === "ENOENT") return "Check the path.";
  if (code === "EACCES" || code === "EPERM") return "Check who may read and write there.";
  if (code === "ENOSPC") return "Make room on the disk.";
  if (code === "EADDRINUSE") return "Something else listens there: stop it, or choose another port.";
  return "Look at the system's error above.";
}
