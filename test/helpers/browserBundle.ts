import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import type { BuildOptions } from "esbuild";

const ROOT = join(import.meta.dirname, "../..");

/** What else a page is made of. */
export interface PageBundleOptions {
  /** What is in its body before the script runs; one video element if left out. */
  readonly body?: string;
  /** Where esbuild finds what it would not find by itself. */
  readonly alias?: BuildOptions["alias"];
}

/** A web page on an origin of its own. */
export interface PageServer {
  /** `http://127.0.0.1:PORT/`. Loopback counts as a secure context: WebCrypto, IndexedDB and Web Locks are there. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Bundles a TypeScript module for the browser, as an application would, and serves a page with it on a free loopback port.
 *
 * @param entry path of the module, relative to the repository
 */
export async function servePage(
  entry: string,
  { alias = {}, body = "<video muted playsinline></video>" }: PageBundleOptions = {},
): Promise<PageServer> {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    alias,
    bundle: true,
    define: { global: "globalThis" },
    format: "esm",
    logLevel: "silent",
    platform: "browser",
    // It may come over a slow link; names stay, for what the page complains about.
    minifySyntax: true,
    minifyWhitespace: true,
    write: false,
  });
  const script = outputFiles[0]?.contents ?? new Uint8Array();
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Player</title><link rel="icon" href="data:,">
<body>${body}<script type="module" src="/page.js"></script></body></html>`;
  const server = createServer(({ url }, response) => {
    const isScript = url === "/page.js";
    response.writeHead(200, {
      "content-type": isScript ? "text/javascript; charset=utf-8" : "text/html; charset=utf-8",
    });
    response.end(isScript ? script : html);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
