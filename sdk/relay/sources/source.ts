import type { ByteRange } from "../../core/index.ts";

/** What to read of a file. */
export interface ReadRequest {
  /** Only these bytes, both ends inclusive; the whole file if left out. */
  readonly range?: ByteRange;
  /** Most bytes that are taken; a longer answer is refused while it is read. */
  readonly maxBytes: number;
}

/** What tells whether a file was written to, without reading it. */
export interface FileStamp {
  /** Device, inode, size and times. Equal only if nobody wrote in between, as far as a file system can tell. */
  readonly identity: string;
  /** Bytes. */
  readonly size: number;
  /** When the file's content or attributes last changed, in milliseconds since the epoch. */
  readonly changedAt: number;
}

/** What an origin says about one state of a file, to be asked later whether it still holds (RFC 9110 section 8.8). */
export interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/** A file that changes, as it was found. */
export interface Revision extends Validators {
  /** Its bytes; `undefined` if they are those that the request's validators are of. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
  /** Seconds that caches on the way say to have held it. */
  readonly age: number;
}

/** What to read of a file that changes. */
export interface RevisionRequest {
  /** Most bytes that are taken. */
  readonly maxBytes: number;
  /** Of what is known already. */
  readonly known?: Validators | undefined;
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
  /**
   * The state of a file that another program on this machine reads at the same place. Sources without such files lack it.
   *
   * @param path canonical path relative to the stream's directory
   * @throws WeirError `not-found`, or `origin-unavailable` if it cannot be looked at
   */
  readonly stamp?: (path: string) => Promise<FileStamp>;
  /**
   * The newest state of a file that changes: a live playlist, a manifest. Without it such files are read whole every time,
   * which is right for files on this machine.
   *
   * @param path canonical path relative to the stream's directory
   * @throws WeirError as `read`
   */
  readonly readNewer?: (path: string, request: RevisionRequest) => Promise<Revision>;
}
