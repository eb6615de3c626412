import type { ServedStream } from "../media/servedStream.ts";

/** What a request asks for, once its stream is known. */
export interface MediaRequest {
  readonly stream: ServedStream;
  /** Canonical path relative to the stream's directory. */
  readonly path: string;
  /** Whether only the headers are wanted. */
  readonly head: boolean;
  readonly headers: Headers;
  /** The session token of the query, if any. */
  readonly token: string | null;
  /** When it came, by `performance.now()`. */
  readonly receivedAt: number;
  /** Ends the connection, if the server can. */
  readonly hangUp: (() => void) | undefined;
}
