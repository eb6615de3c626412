import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import {
  bytesToHex,
  hashMessage,
  parseManifest,
  paymentChannelsDomain,
  privateKeySigner,
  resourceId,
} from "../../sdk/core/index.ts";
import type { Deployment, Hex } from "../../sdk/core/index.ts";
import { DELIVERY_HEADER, TOKEN_PARAMETER } from "../../sdk/http/index.ts";

/** A relay's HTTP side. */
export type Handler = (request: Request) => Promise<Response>;

/** A relay that lies, and what it sent. */
export interface CorruptingRelay {
  readonly fetch: Handler;
  /** Segments and bytes that left with a flipped bit. */
  readonly sent: () => { readonly segments: number; readonly bytes: number };
}

const METERED = /\.(?:m4s|mp4)$/;

/** Who signs for what a relay with a poisoned cache sends. */
export interface FalseWitness {
  readonly deployment: Deployment;
  readonly agentKey: Hex;
}

/**
 * Flips one bit in the middle of every `nth` segment that the relay serves, and has its agent sign for what it sends, as a
 * relay does that trusts its cache and checks nothing. What it says of money stays honest.
 */
export function corrupting(handler: Handler, nth: number, witness: FalseWitness): CorruptingRelay {
  let served = 0;
  let segments = 0;
  let bytes = 0;
  const { agentKey, deployment } = witness;
  const agent = privateKeySigner(agentKey);

  /** The relay's word on what it sends, under the manifest that lies beside it. */
  async function signFalsely(request: Request, body: Uint8Array): Promise<Hex> {
    const { origin, pathname, searchParams } = new URL(request.url);
    const [, stream = "", ...path] = pathname.split("/");
    const manifest = await handler(new Request(`${origin}/${stream}/weir.json`));
    const delivery = {
      channelId: `0x${(searchParams.get(TOKEN_PARAMETER) ?? "").slice(0, CHANNEL_DIGITS)}`,
      manifestRoot: parseManifest(await manifest.json()).root,
      resource: resourceId(decodeURIComponent(path.join("/")) + fragmentOf(request)),
      contentHash: bytesToHex(createHash("sha256").update(body).digest()),
      size: BigInt(body.length),
    } as const;
    return agent.signDigest(hashMessage(paymentChannelsDomain(deployment), "Delivery", delivery));
  }

  return {
    async fetch(request) {
      const response = await handler(request);
      if (!isSegment(request, response)) return response;
      served += 1;
      if (served % nth !== 0) return response;
      const body = new Uint8Array(await response.arrayBuffer());
      const middle = body.length >> 1;
      body[middle] = (body[middle] ?? 0) ^ 1;
      segments += 1;
      bytes += body.length;
      const headers = new Headers(response.headers);
      headers.set(DELIVERY_HEADER, await signFalsely(request, body));
      return new Response(body, { status: response.status, headers });
    },
    sent: () => ({ segments, bytes }),
  };
}

/** Serves segments after a pause and no faster than `bytesPerSecond`, as an overloaded machine at home does. */
export function slow(handler: Handler, latencyMs: number, bytesPerSecond: number): Handler {
  return async (request) => {
    const response = await handler(request);
    if (!isSegment(request, response) || response.body === null) return response;
    await sleep(latencyMs);
    const throttle = new TransformStream<Uint8Array, Uint8Array>({
      async transform(chunk, controller) {
        for (let at = 0; at < chunk.length; at += CHUNK) {
          const piece = chunk.subarray(at, at + CHUNK);
          await sleep((piece.length * 1000) / bytesPerSecond);
          controller.enqueue(piece);
        }
      },
    });
    return new Response(response.body.pipeThrough(throttle), response);
  };
}

/** A token begins with the channel's id, in hex digits. */
const CHANNEL_DIGITS = 64;

/** How a manifest names a byte range. */
function fragmentOf(request: Request): string {
  return request.headers.get("range")?.replace("bytes=", "#") ?? "";
}

const CHUNK = 4_096;

function isSegment(request: Request, response: Response): boolean {
  return request.method === "GET" && response.ok && METERED.test(new URL(request.url).pathname);
}
