/** How a body is sent. */
export interface MeteredBodyOptions {
  /**
   * Called once, when the last byte was handed over or the reader went away.
   *
   * @param sent bytes that were handed to the transport
   */
  readonly onEnd: (sent: number) => void;
  /** Milliseconds that a reader may wait before it asks for more. */
  readonly stallMs: number;
  /** Bytes per second that a reader must take on average once `stallMs` have passed. */
  readonly minBytesPerSecond: number;
  /** Ends the connection of a reader that waits longer; without it, the body fails, which ends it as well. */
  readonly hangUp: (() => void) | undefined;
}

/** Bytes handed over at a time: what an aborted transfer is charged for too much, at most. */
const CHUNK_BYTES = 65_536;

/**
 * A body that counts what leaves. It hands over a chunk only when the transport asks for one, so that the count is of
 * bytes that the transport took, and a reader that stalls holds nothing but its place.
 *
 * @param now milliseconds that never go back; those of this process if left out
 */
export function meteredBody(
  bytes: Uint8Array,
  options: MeteredBodyOptions,
  now: () => number = () => performance.now(),
): ReadableStream<Uint8Array> {
  const { onEnd, stallMs, minBytesPerSecond, hangUp } = options;
  const startedAt = now();
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    onEnd(sent);
  };
  const cutOff = (controller: ReadableStreamDefaultController<Uint8Array>): void => {
    if (hangUp === undefined) controller.error(new Error("the reader is too slow"));
    else hangUp();
    end();
  };
  /** Somebody who takes a chunk a minute holds the whole for hours. */
  const isTooSlow = (): boolean => {
    const elapsed = now() - startedAt;
    return elapsed > stallMs && (sent * 1_000) / elapsed < minBytesPerSecond;
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        timer = setTimeout(() => {
          cutOff(controller);
        }, stallMs).unref();
      },
      pull(controller) {
        if (isTooSlow()) {
          cutOff(controller);
          return;
        }
        timer?.refresh();
        const isLast = sent + CHUNK_BYTES >= bytes.length;
        // The last chunk is a copy: the transport may hold it for long after the bytes are released.
        const chunk = isLast ? bytes.slice(sent) : bytes.subarray(sent, sent + CHUNK_BYTES);
        sent += chunk.length;
        controller.enqueue(chunk);
        if (sent < bytes.length) return;
        controller.close();
        end();
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}
