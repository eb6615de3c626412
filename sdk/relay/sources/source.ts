import type { ByteRange } from "../../core/index.ts";

/** What to read of a file. */
export interface ReadRequest {
  /** Only these bytes, both ends inclusive; the whole file if left out. */
  readonly range?: ByteRange;
  /** Most bytes that are taken; a longer answer is refused while it is read. */
  readonly maxBytes: number;
}

/**
 * Where a relay gets a stream's files. What comes back is not believed: the relay compares it with the manifest before it
 * serves it.
 */
export interface Source {
  /**
   * The bytes of a file.
   *
   * @param path canonical path relative to the stream's directory
   * @throws WeirError `not-found` if there is no such file, `oversized-message` for more than `maxBytes`,
   * `origin-unavailable` if it cannot be read
   */
  readonly read: (path: string, request: ReadRequest) => Promise<Uint8Array<ArrayBuffer>>;
}
