import type { Server } from "node:http";
import type { Socket } from "node:net";
import { addressGroup } from "../relay/addressGroup.ts";

/** Connections of a server. */
export interface ConnectionCounts {
  /** Open now. */
  readonly open: number;
  /** Closed at once since the server started, because there were too many in all. */
  readonly refused: number;
  /** The same, because there were too many of one address. */
  readonly refusedByAddress: number;
}

/** How many connections a server takes. */
export interface ConnectionLimitOptions {
  readonly maxConnections: number;
  readonly connectionsPerAddress: number;
  /** Addresses that are not counted. */
  readonly isTrusted: (address: string) => boolean;
}

/** Bounds the connections of a server that does not listen yet. The result tells how many there are. */
export function connectionLimits(server: Server, options: ConnectionLimitOptions): () => ConnectionCounts {
  const { maxConnections, connectionsPerAddress, isTrusted } = options;
  const byGroup = new Map<string, number>();
  let open = 0;
  let refused = 0;
  let refusedByAddress = 0;

  const groupOf = ({ remoteAddress }: Socket): string | undefined =>
    remoteAddress === undefined || isTrusted(remoteAddress) ? undefined : addressGroup(remoteAddress);

  server.maxConnections = maxConnections;
  server.on("drop", () => refused++);
  server.on("connection", (socket: Socket) => {
    open++;
    // Once it is closed, a socket has forgotten its address.
    const group = groupOf(socket);
    const count = group === undefined ? 0 : (byGroup.get(group) ?? 0) + 1;
    if (group !== undefined) byGroup.set(group, count);
    socket.once("close", () => {
      open--;
      if (group === undefined) return;
      const left = (byGroup.get(group) ?? 1) - 1;
      if (left === 0) byGroup.delete(group);
      else byGroup.set(group, left);
    });
    if (count <= connectionsPerAddress) return;
    refusedByAddress++;
    socket.resetAndDestroy();
  });
  return () => ({ open, refused, refusedByAddress });
}
