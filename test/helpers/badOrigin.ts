import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

/** How an origin answers. Each is something that real ones do. */
export type OriginMood =
  /** As it should, with validators and ranges. */
  | "right"
  /** Sends half of the file under the length of the whole, and hangs up. */
  | "truncates"
  /** Sends half of the file as if it were the whole. */
  | "truncates quietly"
  /** Takes the request and never answers. */
  | "stalls"
  /** Sends half of the file and then nothing more. */
  | "stalls halfway"
  /** Sends a byte now and then. */
  | "trickles"
  /** States a length that is less than what it sends. */
  | "understates"
  /** Sends more than the file. */
  | "appends"
  /** Compresses, whatever the request says. */
  | "gzips"
  /** Says that it compressed, and did not. */
  | "lies about gzip"
  | "redirects"
  | "fails"
  | "overloaded"
  | "missing"
  /** Another file of the same size. */
  | "changed"
  /** Hangs up without an answer. */
  | "hangs up"
  /** Answers a request for a range with another one. */
  | "another range"
  /** Answers with something that is not HTTP. */
  | "babbles";

/** A real origin on loopback that misbehaves on purpose. */
export interface BadOrigin {
  /** URL of its directory. */
  readonly url: string;
  readonly files: Map<string, Uint8Array<ArrayBuffer>>;
  /** For requests that find no mood in `moods`. */
  mood: OriginMood;
  /** For the next requests, one each. */
  readonly moods: OriginMood[];
  /** Requests so far, as they came. */
  readonly requests: { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
  /** How often a path was asked for. */
  readonly asked: (path: string) => number;
  /** Sent as `Age`, if set. */
  age: number | undefined;
  /** Milliseconds before it answers. */
  delayMs: number;
  /** Stops listening and cuts every connection, like a machine that went away. */
  readonly stop: () => Promise<void>;
  /** Listens again where it did before. */
  readonly start: () => Promise<void>;
}

/** Starts an origin that behaves until it is told otherwise. */
export async function startBadOrigin(files: Iterable<readonly [string, Uint8Array<ArrayBuffer>]>): Promise<BadOrigin> {
  const held = new Map(files);
  const requests: BadOrigin["requests"] = [];
  const drips = new Set<NodeJS.Timeout>();
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").slice(1);
    requests.push({ path, headers: request.headers });
    const mood = origin.moods.shift() ?? origin.mood;
    setTimeout(() => {
      answer(mood, held.get(path), request, response);
    }, origin.delayMs);
  });
  let port = 0;

  const answer = (
    mood: OriginMood,
    file: Uint8Array<ArrayBuffer> | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void => {
    if (file === undefined || mood === "missing") {
      response.writeHead(404).end();
      return;
    }
    const half = file.subarray(0, Math.floor(file.length / 2));
    const { socket } = response;
    switch (mood) {
      case "right":
        sendRight(file, request, response);
        return;
      case "truncates":
        response.writeHead(200, { "content-length": file.length });
        response.write(half, () => socket?.destroy());
        return;
      case "truncates quietly":
        response.writeHead(200, { "content-length": half.length }).end(half);
        return;
      case "stalls":
        return;
      case "stalls halfway":
        response.writeHead(200, { "content-length": file.length }).write(half);
        return;
      case "trickles": {
        response.writeHead(200, { "content-length": file.length });
        let at = 0;
        const drip = setInterval(() => response.write(file.subarray(at, ++at)), 10);
        drips.add(drip);
        response.on("close", () => {
          clearInterval(drip);
        });
        return;
      }
      case "understates":
        socket?.end(
          Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${half.length}\r\n\r\n`, "latin1"), file]),
        );
        return;
      case "appends":
        response.writeHead(200).end(Buffer.concat([file, Buffer.from("more")]));
        return;
      case "gzips":
        response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(file));
        return;
      case "lies about gzip":
        response.writeHead(200, { "content-encoding": "gzip" }).end(file);
        return;
      case "redirects":
        response.writeHead(302, { location: "/elsewhere" }).end();
        return;
      case "fails":
        response.writeHead(500).end("a page about the failure");
        return;
      case "overloaded":
        response.writeHead(503, { "retry-after": "3600" }).end();
        return;
      case "changed":
        response.writeHead(200).end(file.map((byte) => byte ^ 1));
        return;
      case "hangs up":
        socket?.destroy();
        return;
      case "another range":
        response.writeHead(206, { "content-range": `bytes 0-${half.length - 1}/${file.length}` }).end(half);
        return;
      case "babbles":
        socket?.end("220 mail.example ESMTP\r\n");
        return;
    }
  };

  const sendRight = (file: Uint8Array<ArrayBuffer>, request: IncomingMessage, response: ServerResponse): void => {
    const etag = `"${Buffer.from(file).toString("base64").slice(-24)}-${file.length}"`;
    const headers = { etag, ...(origin.age === undefined ? {} : { age: String(origin.age) }) };
    if (request.headers["if-none-match"] === etag) {
      response.writeHead(304, headers).end();
      return;
    }
    const range = /^bytes=([0-9]+)-([0-9]+)$/.exec(request.headers.range ?? "");
    if (range === null) {
      response.writeHead(200, { ...headers, "content-length": file.length }).end(file);
      return;
    }
    const [first, last] = [Number(range[1]), Number(range[2])];
    const stated = `bytes ${first}-${last}/${file.length}`;
    response.writeHead(206, { ...headers, "content-range": stated }).end(file.subarray(first, last + 1));
  };

  const origin: BadOrigin = {
    url: "",
    files: held,
    mood: "right",
    moods: [],
    requests,
    asked: (path) => requests.filter((request) => request.path === path).length,
    age: undefined,
    delayMs: 0,
    async stop() {
      for (const drip of drips) clearInterval(drip);
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
    start: async () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, "127.0.0.1", () => {
          ({ port } = server.address() as AddressInfo);
          resolve();
        });
      }),
  };
  await origin.start();
  return Object.assign(origin, { url: `http://127.0.0.1:${port}/` });
}
