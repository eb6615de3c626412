/** Where the bytes of a swarm came from and went. */
export interface SwarmLedger {
  /** Where a segment that is in memory came from. */
  arrived(key: string, from: "peers" | "relays"): void;
  /** A segment was given to the player. What it gets a second time, from memory, is not counted again. */
  played(key: string, bytes: number): void;
  /** Bytes of a segment from peers were something else than the manifest lists. */
  refused(bytes: number): void;
  /** Bytes went to a peer. */
  uploaded(bytes: number): void;
  readonly totals: SwarmTotals;
}

/** Sums of bytes. */
export interface SwarmTotals {
  readonly peers: number;
  readonly relays: number;
  readonly refused: number;
  readonly uploaded: number;
}

/** Nothing has happened yet. */
export function swarmLedger(): SwarmLedger {
  const origins = new Map<string, "peers" | "relays">();
  const totals = { peers: 0, relays: 0, refused: 0, uploaded: 0 };
  return {
    totals,
    arrived(key, from) {
      origins.set(key, from);
    },
    played(key, bytes) {
      const from = origins.get(key);
      origins.delete(key);
      if (from !== undefined) totals[from] += bytes;
    },
    refused(bytes) {
      totals.refused += bytes;
    },
    uploaded(bytes) {
      totals.uploaded += bytes;
    },
  };
}
