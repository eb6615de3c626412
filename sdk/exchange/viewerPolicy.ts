/** How a viewer pays: its own choice, nothing here is agreed with relays. */
export interface ViewerPolicy {
  /** Verified bytes that are worth a receipt post by themselves. A quarter of the relay's credit is, in any case. */
  readonly postBytes: bigint;
  /** Seconds after which verified bytes are posted, however few. */
  readonly postSeconds: number;
  /** Entries in one post (T2). */
  readonly maxEntries: number;
  /** Seconds before a failed post or opening is tried again; doubled each time, up to 64 times. */
  readonly retrySeconds: number;
  /** Failures in a row after which the relay is dropped. */
  readonly maxFailures: number;
  /** Seconds for which a relay that was dropped is left alone. */
  readonly dropSeconds: number;
  /** Seconds without credit, although everything is paid, after which a channel is given up for a new one. */
  readonly stuckSeconds: number;
  /** Bytes that the first `Fund` pays for beyond what is verified. Later steps pay for as much again as was verified. */
  readonly fundBytes: bigint;
  /** Seconds for which a `Fund` is valid. */
  readonly fundSeconds: number;
}

/** The defaults. */
export const defaultViewerPolicy: ViewerPolicy = {
  postBytes: 2n << 20n,
  postSeconds: 2,
  maxEntries: 256,
  retrySeconds: 1,
  maxFailures: 5,
  dropSeconds: 300,
  stuckSeconds: 60,
  fundBytes: 128n << 20n,
  fundSeconds: 3_600,
};
