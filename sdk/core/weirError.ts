import { errorCatalogue } from "./errorCatalogue.ts";
import type { ErrorDescription, WeirErrorCode } from "./errorCatalogue.ts";

/** What a `WeirError` may carry beside its code. */
export interface WeirErrorOptions {
  /** What to do in this very case, where more is known than the catalogue says. */
  readonly cure?: string;
  /** Facts for a person or a log: which field, which limit. Never a secret. */
  readonly details?: string;
  /** The error underneath. */
  readonly cause?: unknown;
}

/**
 * The one error type that the SDK throws. Compare `code`, never the message.
 *
 * @example
 * try { parseManifest(text) } catch (e) { if (WeirError.is(e, 'manifest-stale')) refetch() }
 */
export class WeirError extends Error {
  override readonly name = "WeirError";
  /** The stable code. */
  readonly code: WeirErrorCode;
  /** What went wrong, in one line. */
  readonly shortMessage: string;
  /** What to do about it. */
  readonly cure: string;
  /** Where the code is documented, relative to the repository. */
  readonly docsPath: string;
  /** Facts about this very case, if any. */
  readonly details: string | undefined;

  /**
   * @param code one of the catalogue
   * @param shortMessage what went wrong here; the catalogue's title if left out
   */
  constructor(code: WeirErrorCode, shortMessage?: string, options: WeirErrorOptions = {}) {
    const description: ErrorDescription = errorCatalogue[code];
    const short = shortMessage ?? description.title;
    const cure = options.cure ?? description.cure;
    const docsPath = `docs/errors.md#${code}`;
    const lines = [short, cure, ...(options.details === undefined ? [] : [`Details: ${options.details}`])];
    super(
      [...lines, `Code: ${code}. Docs: ${docsPath}`].join("\n"),
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.code = code;
    this.shortMessage = short;
    this.cure = cure;
    this.docsPath = docsPath;
    this.details = options.details;
  }

  /**
   * Whether `error` is a `WeirError`, and of this code if one is given. Looks at the shape, not at the class, because
   * two copies of the SDK in one program have two classes.
   */
  static is<Code extends WeirErrorCode = WeirErrorCode>(
    error: unknown,
    code?: Code,
  ): error is WeirError & { readonly code: Code } {
    if (typeof error !== "object" || error === null) return false;
    const { name, code: found } = error as { name?: unknown; code?: unknown };
    if (name !== "WeirError" || typeof found !== "string" || !Object.hasOwn(errorCatalogue, found)) return false;
    return code === undefined || found === code;
  }
}
