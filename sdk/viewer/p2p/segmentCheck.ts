import { bytesToHex } from "../../core/hex.ts";
import type { ManifestLeaf } from "../../core/manifest.ts";
import { resourceName } from "../../core/path.ts";
import { asWeirError } from "../asWeirError.ts";
import type { Viewer } from "../createViewer.ts";
import type { Listeners } from "../listeners.ts";
import { isSameContent } from "../testimony.ts";
import { peerBlame } from "./peerBlame.ts";
import { readSegmentKey } from "./segmentKey.ts";
import type { SwarmEvent } from "./swarmEvents.ts";
import type { SwarmLedger } from "./swarmLedger.ts";

/** Why segments are not swapped any more. */
export type StopReason = Extract<SwarmEvent, { readonly type: "stopped" }>["reason"];

/** Holds what peers send against the publisher's manifest. */
export interface SegmentCheck {
  /**
   * Whether a segment may be played and passed on: p2p-media-loader neither keeps it nor tells anybody of it before. Never
   * rejects.
   */
  accept(key: string, data: ArrayBuffer, from: "peers" | "relays"): Promise<boolean>;
  /** A peer was asked for a segment, or for the rest of it. */
  began(peer: string, key: string): void;
  /** Bytes came from a peer. */
  received(peer: string, bytes: number): void;
  /** Nothing more is expected of a peer for what it was asked for. */
  ended(peer: string): void;
  /** What came from peers of a segment was thrown away. */
  restarted(key: string): void;
}

/** What a check leads to. */
export interface CheckOptions {
  readonly ledger: SwarmLedger;
  readonly events: Listeners<SwarmEvent>;
  /** A peer sent what is not listed. */
  readonly drop: (peer: string) => void;
  readonly stop: (reason: StopReason) => void;
}

/** So many wrong bytes from peers are always put up with, and this part of the right ones besides. */
const REFUSED_BYTES = 8 << 20;
const REFUSED_PART = 1 / 4;
/** What may still arrive, of something that a peer was asked for before, after it was asked for something else. */
const LATE_BYTES = 8 << 20;

/** Nothing was checked yet. */
export function segmentCheck(
  viewer: Pick<Viewer, "listed">,
  { drop, events, ledger, stop }: CheckOptions,
): SegmentCheck {
  const blame = peerBlame();
  const sizes = new Map<string, number>();
  /** p2p-media-loader asks again about the same bytes when a segment becomes urgent while they are checked. */
  const verdicts = new WeakMap<ArrayBuffer, Promise<boolean>>();

  const listed = async (key: string): Promise<ManifestLeaf> => {
    const { url, range } = readSegmentKey(key);
    return viewer.listed(url, { range });
  };

  function refuse(key: string, name: string, bytes: Uint8Array): void {
    ledger.refused(bytes.length);
    events.emit({ type: "refused", name, bytes: bytes.length });
    for (const peer of blame.wrong(key, bytes)) drop(peer);
    // Under ever new names, polluters could go on for ever.
    const { refused, peers } = ledger.totals;
    if (refused > REFUSED_BYTES + peers * REFUSED_PART) stop("polluted");
  }

  async function judge(key: string, data: ArrayBuffer, from: "peers" | "relays"): Promise<boolean> {
    const bytes = new Uint8Array(data);
    try {
      const leaf = await listed(key);
      const name = resourceName(leaf.path, leaf.range);
      const contentHash = bytesToHex(new Uint8Array(await crypto.subtle.digest("SHA-256", data)));
      sizes.delete(key);
      if (!isSameContent({ contentHash, size: BigInt(bytes.length) }, leaf)) {
        refuse(key, name, bytes);
        return false;
      }
      for (const peer of blame.right(key, bytes)) drop(peer);
      ledger.arrived(key, from);
      if (from === "peers") events.emit({ type: "shared", name, bytes: bytes.length });
      return true;
    } catch (error) {
      // What the manifest does not list, or not yet, is nobody's fault.
      blame.restarted(key);
      events.emit({ type: "failed", what: "segment", error: asWeirError(error) });
      return false;
    }
  }

  return {
    async accept(key, data, from) {
      const verdict = verdicts.get(data) ?? judge(key, data, from);
      verdicts.set(data, verdict);
      return verdict;
    },
    began(peer, key) {
      blame.began(peer, key);
      listed(key).then(
        ({ size }) => sizes.set(key, Number(size)),
        () => undefined, // Stated when the segment is checked.
      );
    },
    received(peer, count) {
      const part = blame.received(peer, count);
      // The engine believes what a peer says about the size, and would take bytes without end.
      if (part === undefined || part.sent <= (sizes.get(part.key) ?? Infinity) + LATE_BYTES) return;
      ledger.refused(part.sent);
      drop(peer);
    },
    ended: (peer) => {
      blame.ended(peer);
    },
    restarted: (key) => {
      blame.restarted(key);
    },
  };
}
