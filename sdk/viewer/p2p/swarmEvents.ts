/**
 * What a swarm tells about its work. `peer` is what a peer calls itself: anything may stand there. `name` is that of a resource
 * of the stream; sizes are bytes.
 */
export type SwarmEvent =
  /** A connection to a peer is open. */
  | { readonly type: "joined"; readonly peer: string }
  | { readonly type: "left"; readonly peer: string }
  /** A segment came from peers and is what the manifest lists. Nothing is paid for it. */
  | { readonly type: "shared"; readonly name: string; readonly bytes: number }
  /** A segment came from peers and is something else. It is neither played nor passed on, and got elsewhere. */
  | { readonly type: "refused"; readonly name: string; readonly bytes: number }
  /** A peer sent something else than the manifest lists: it stays out as long as the swarm is in use. */
  | { readonly type: "dropped"; readonly peer: string }
  /** Something did not work: `what` is a segment, or a tracker. */
  | { readonly type: "failed"; readonly what: "segment" | "tracker"; readonly error: Error }
  /** Peers sent so much that was wrong, or could not be kept out, that segments come from relays alone from now on. */
  | { readonly type: "stopped"; readonly reason: "polluted" | "defenceless" };

/** Hears everything. What it throws is reported as uncaught and disturbs nothing. */
export type SwarmListener = (event: SwarmEvent) => void;
