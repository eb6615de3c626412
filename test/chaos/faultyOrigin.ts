import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import path from "node:path";

/** What an origin does wrong with the files that it is asked for. */
export type OriginFault =
  /** Ends the connection in the middle of a file. */
  | "truncates"
  /** Sends half of a file and then nothing more. */
  | "stalls"
  /** Says that a file is longer than it is. */
  | "lies about length"
  /** Sends other bytes than the manifest lists. */
  | "changes"
  /** Answers everything with 500. */
  | "is down";

/** An HTTP origin of a folder. */
export interface FaultyOrigin {
  /** Of the folder, with the slash. */
  readonly url: string;
  /** What is wrong with it from now on. */
  fault: OriginFault | undefined;
  readonly stop: () => Promise<void>;
}

/** Serves a folder on a free loopback port, without faults. */
export async function startFaultyOrigin(folder: string): Promise<FaultyOrigin> {
  const server = createServer((asked, answer) => {
    const file = path.join(folder, decodeURIComponent(new URL(asked.url ?? "/", "http://origin").pathname));
    readFile(file).then(
      (bytes) => {
        send(answer, bytes, origin.fault);
      },
      () => answer.writeHead(404).end(),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin: FaultyOrigin = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    fault: undefined,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return origin;
}

function send(answer: ServerResponse, bytes: Buffer, fault: OriginFault | undefined): void {
  const half = bytes.subarray(0, bytes.length / 2);
  const length = { "content-length": bytes.length };
  switch (fault) {
    case undefined:
      answer.writeHead(200, length).end(bytes);
      return;
    case "truncates":
      answer.writeHead(200, length).write(half, () => answer.destroy());
      return;
    case "stalls":
      answer.writeHead(200, length).write(half);
      return;
    case "lies about length":
      answer.writeHead(200, { "content-length": bytes.length * 2 }).write(bytes, () => answer.destroy());
      return;
    case "changes":
      bytes[bytes.length >> 1]! ^= 1;
      answer.writeHead(200, length).end(bytes);
      return;
    case "is down":
      answer.writeHead(500).end();
  }
}
