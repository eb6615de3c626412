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
  /** Ends the connection of a reader that waits longer; without it, the body fails, which ends it as well. */
  readonly hangUp: (() => void) | undefined;
}

/** Bytes handed over at a time: what an aborted transfer is charged for too much, at most. */
const CHUNK_BYTES = 65_536;

/**
 * A body that counts what leaves. It hands over a chunk only when the transport asks for one, so that the count is of
 * bytes that the transport took, and a reader that stalls holds nothing but its place.
 */
export function meteredBody(bytes: Uint8Array, options: MeteredBodyOptions): ReadableStream<Uint8Array> {
  const { onEnd, stallMs, hangUp } = options;
  let sent = 0;
  let timer: NodeJS.Timeout | undefined;
  const end = (): void => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    onEnd(sent);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        timer = setTimeout(() => {
          if (hangUp === undefined) controller.error(new Error(`the reader took nothing for ${stallMs} ms`));
          else hangUp();
          end();
        }, stallMs).unref();
      },
      pull(controller) {
        timer?.refresh();
        const chunk = bytes.subarray(sent, sent + CHUNK_BYTES);
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
