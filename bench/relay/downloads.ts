import { createHash } from "node:crypto";
import { request } from "node:http";
import type { Agent } from "node:http";
import { SEGMENTS } from "./benchRelay.ts";

/** Path of the `turn`th download in the stream's directory. */
export function segmentAt(turn: number): string {
  return `segment-${String(turn % SEGMENTS)}.m4s`;
}

/** What arrived. */
export interface Download {
  /** SHA-256 as hex digits. */
  readonly hash: string;
  readonly size: number;
}

/**
 * Downloads and hashes a body while it comes in, with as little work as Node can do it: what is measured is the relay, and
 * `fetch` alone would keep a processor busier than the relay is.
 */
export async function download(url: string, agent: Agent): Promise<Download> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`not served: ${String(response.statusCode)}`));
        response.destroy();
        return;
      }
      const hash = createHash("sha256");
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        hash.update(chunk);
        size += chunk.length;
      });
      response.on("end", () => {
        resolve({ hash: hash.digest("hex"), size });
      });
      response.on("error", reject);
    })
      .on("error", reject)
      .end();
  });
}
