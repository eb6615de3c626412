import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";

const TYPES: Readonly<Record<string, string>> = {
  m3u8: "application/vnd.apple.mpegurl",
  mpd: "application/dash+xml",
};

/** A web server that gives files away, as any does: what Weir is compared with. */
export interface PlainOrigin {
  /** Of the folder, with the slash. */
  readonly url: string;
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Serves a folder to pages of any origin, from a free loopback port. */
export async function startPlainOrigin(folder: string): Promise<PlainOrigin> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? "/", "http://origin").pathname);
    readFile(join(folder, path)).then(
      (body) => {
        const type = TYPES[path.split(".").at(-1) ?? ""] ?? "video/mp4";
        response.writeHead(200, {
          ...{ "access-control-allow-origin": "*", "timing-allow-origin": "*" },
          ...{ "content-type": type, "content-length": body.length },
        });
        response.end(body);
      },
      () => response.writeHead(404, { "access-control-allow-origin": "*" }).end(),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    port,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
