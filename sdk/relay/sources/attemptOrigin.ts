import { setTimeout as sleep } from "node:timers/promises";
import { WeirError } from "../../core/index.ts";

/** How long and how often an origin is asked for one file. */
export interface AttemptLimits {
  /** Milliseconds for all tries together. */
  readonly timeoutMs: number;
  /** Milliseconds without a byte after which a try is given up. */
  readonly stallMs: number;
  readonly attempts: number;
}

/** One request, as often as it is sent. */
export interface OriginRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly limits: AttemptLimits;
}

/** A failure after which asking again makes sense. */
export class PassingFault extends Error {
  override readonly name = "PassingFault";
  readonly error: WeirError;
  /** Milliseconds that the origin wants to be left alone. */
  readonly retryAfterMs: number;

  constructor(error: WeirError, retryAfterMs = 0) {
    super(error.message, { cause: error });
    this.error = error;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Milliseconds before the second try, doubled before each further one. */
const BACKOFF_MS = 100;

/**
 * Asks an origin for a file until it is had, does not exist, or time and tries are used up.
 *
 * @param take reads an answer, and calls its second argument for every piece that came
 * @throws WeirError what `take` throws, or `origin-unavailable`
 */
export async function attemptOrigin<Answer>(
  base: string,
  path: string,
  { headers, limits }: OriginRequest,
  take: (response: Response, onChunk: () => void) => Promise<Answer>,
): Promise<Answer> {
  const { attempts, stallMs, timeoutMs } = limits;
  const deadline = performance.now() + timeoutMs;
  for (let attempt = 1; ; attempt++) {
    const left = deadline - performance.now();
    try {
      return await attemptOnce(base + path, headers, Math.min(left, stallMs), left, take);
    } catch (cause) {
      if (WeirError.is(cause)) throw cause;
      const fault = cause instanceof PassingFault ? cause : new PassingFault(unanswered(path, cause));
      // Spread, so that relays that failed together do not come back together.
      const backoff = BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
      const wait = Math.max(backoff, fault.retryAfterMs);
      if (attempt >= attempts || performance.now() + wait >= deadline) throw fault.error;
      await sleep(wait);
    }
  }
}

async function attemptOnce<Answer>(
  url: string,
  headers: OriginRequest["headers"],
  stallMs: number,
  timeoutMs: number,
  take: (response: Response, onChunk: () => void) => Promise<Answer>,
): Promise<Answer> {
  const abort = new AbortController();
  const giveUp = (reason: string) => () => {
    abort.abort(new Error(reason));
  };
  const total = setTimeout(giveUp("the answer took too long"), timeoutMs);
  const silence = setTimeout(giveUp("the origin fell silent"), stallMs);
  const onChunk = (): void => {
    silence.refresh();
  };
  try {
    const response = await fetch(url, { headers, redirect: "manual", signal: abort.signal });
    onChunk();
    return await take(response, onChunk);
  } finally {
    clearTimeout(total);
    clearTimeout(silence);
    // Also drops the rest of an answer that was too long.
    abort.abort();
  }
}

function unanswered(path: string, cause: unknown): WeirError {
  return new WeirError("origin-unavailable", "the origin does not answer", { details: path, cause });
}
