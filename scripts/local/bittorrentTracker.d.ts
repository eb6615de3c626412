declare module "bittorrent-tracker/server" {
  import type { EventEmitter } from "node:events";
  import type { Server as HttpServer } from "node:http";

  /** What is used of it here. `interval` is milliseconds; clients of WebSockets are told a fifth of it. */
  class Server extends EventEmitter {
    readonly http: HttpServer;
    readonly ws: { readonly clients: ReadonlySet<{ terminate(): void }> };
    constructor(options: { udp: boolean; ws: { clientTracking: boolean }; stats: boolean; interval: number });
    listen(port: number, hostname: string): void;
    close(done: () => void): void;
  }

  export { Server as default };
}
