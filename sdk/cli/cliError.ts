import type { ExitName } from "./exitCodes.ts";

/** What a command refuses to do, and what to do about it. Everything else that can go wrong is a `WeirError`. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** How the command ends. */
  readonly kind: Exclude<ExitName, "ok">;
  /** What to do about it, in one line. */
  readonly cure: string;

  constructor(kind: Exclude<ExitName, "ok">, message: string, cure: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.kind = kind;
    this.cure = cure;
  }
}
