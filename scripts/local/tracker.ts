import { once } from "node:events";
import type { AddressInfo } from "node:net";
import Server from "bittorrent-tracker/server";

/** A tracker, which introduces viewers of the same stream to each other. */
export interface Tracker {
  /** `ws://127.0.0.1:PORT`. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Its clients ask for new peers every second: here nobody waits for minutes. */
const INTERVAL_MS = 5_000;

/** Starts a WebTorrent tracker on a free loopback port. Call `stop` when done. */
export async function startTracker(): Promise<Tracker> {
  const server = new Server({ udp: false, ws: { clientTracking: true }, stats: false, interval: INTERVAL_MS });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `ws://127.0.0.1:${(server.http.address() as AddressInfo).port}`,
    stop: async () =>
      new Promise((done) => {
        // It would wait for pages that are still open.
        for (const client of server.ws.clients) client.terminate();
        server.http.closeAllConnections();
        server.close(() => {
          done();
        });
      }),
  };
}
