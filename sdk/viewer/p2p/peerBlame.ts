/**
 * Finds out which peers sent what was wrong. A segment may come from several peers one after another, each continuing where the
 * one before it stopped; then nobody can be blamed before the right bytes are known, and whoever stopped early must not be able
 * to put the blame on who went on.
 */
export interface PeerBlame {
  /** A peer was asked for a segment, or for the rest of it. */
  began(peer: string, key: string): void;
  /** Bytes came from a peer. @returns the segment that it was asked for, and how much it sent since then */
  received(peer: string, bytes: number): { readonly key: string; readonly sent: number } | undefined;
  /** Nothing more is expected of a peer for what it was asked for. */
  ended(peer: string): void;
  /** What came from peers of a segment was dropped. */
  restarted(key: string): void;
  /** A segment was complete and wrong. @returns the peers that are to blame, as far as that is known now */
  wrong(key: string, data: Uint8Array): readonly string[];
  /** A segment is right. @returns the peers that are now known to have sent something else */
  right(key: string, data: Uint8Array): readonly string[];
}

/** Part of a segment, from one peer. */
interface Part {
  readonly peer: string;
  bytes: number;
}

/** Wrong segments that are kept until the right one is known: they are whole segments in memory. */
const MAX_KEPT = 4;

/** Nobody has done anything yet. */
export function peerBlame(): PeerBlame {
  const asked = new Map<string, string>();
  const parts = new Map<string, Part[]>();
  const kept = new Map<string, { readonly data: Uint8Array; readonly parts: readonly Part[] }>();

  /** The last parts that make up so many bytes; what came before them was dropped without a word. None if none do. */
  function lastParts(found: readonly Part[], length: number): readonly Part[] {
    let sum = 0;
    const first = found.findLastIndex(({ bytes }) => (sum += bytes) >= length);
    return sum === length ? found.slice(first) : [];
  }

  return {
    began(peer, key) {
      asked.set(peer, key);
      const before = parts.get(key) ?? [];
      parts.set(key, [...before, { peer, bytes: 0 }]);
    },
    received(peer, bytes) {
      const key = asked.get(peer);
      const part = key === undefined ? undefined : parts.get(key)?.findLast((each) => each.peer === peer);
      if (key === undefined || part === undefined) return undefined;
      part.bytes += bytes;
      return { key, sent: part.bytes };
    },
    ended(peer) {
      asked.delete(peer);
    },
    restarted(key) {
      parts.delete(key);
    },
    wrong(key, data) {
      const found = parts.get(key)?.filter(({ bytes }) => bytes > 0) ?? [];
      parts.delete(key);
      const peers = [...new Set(found.map(({ peer }) => peer))];
      if (peers.length <= 1) return peers;
      kept.delete(key);
      kept.set(key, { data, parts: lastParts(found, data.length) });
      const [oldest] = kept.keys();
      if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
      return [];
    },
    right(key, data) {
      parts.delete(key);
      const evidence = kept.get(key);
      kept.delete(key);
      if (evidence === undefined) return [];
      const guilty = new Set<string>();
      let at = 0;
      for (const { peer, bytes } of evidence.parts) {
        if (!isSame(evidence.data.subarray(at, at + bytes), data.subarray(at, at + bytes))) guilty.add(peer);
        at += bytes;
      }
      return [...guilty];
    },
  };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
