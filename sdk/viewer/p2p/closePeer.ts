/**
 * Ends the connection to a peer. p2p-media-loader does that by itself when a peer's segment is refused, but has no way to keep
 * the peer out when it comes back, or to end a connection for another reason. So this looks for it inside the engine (2.3), where
 * nothing is promised.
 *
 * @returns whether the engine keeps its peers where they were looked for; what was looked for may be gone already
 */
export function closePeer(engine: object, peerId: string): boolean {
  let known = false;
  for (const name of ["mainStreamLoader", "secondaryStreamLoader"]) {
    const loaders = inside(engine, "core", name, "p2pLoaders", "loaders");
    if (!(loaders instanceof Map)) continue;
    for (const item of loaders.values()) {
      const peers = inside(item, "loader", "trackerClient", "_peers");
      if (!(peers instanceof Map)) continue;
      known = true;
      const peer = inside(peers.get(peerId), "peer") as { readonly destroy?: () => void } | undefined;
      peer?.destroy?.();
    }
  }
  return known;
}

/** What lies at the end of a path of properties. */
function inside(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (found, name) => (typeof found === "object" && found !== null ? (Reflect.get(found, name) as unknown) : undefined),
    value,
  );
}
