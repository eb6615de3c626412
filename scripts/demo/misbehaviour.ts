import { setTimeout as sleep } from "node:timers/promises";

/** A relay's HTTP side. */
export type Handler = (request: Request) => Promise<Response>;

/** A relay that lies, and what it sent. */
export interface CorruptingRelay {
  readonly fetch: Handler;
  /** Segments and bytes that left with a flipped bit. */
  readonly sent: () => { readonly segments: number; readonly bytes: number };
}

const METERED = /\.(?:m4s|mp4)$/;

/** Flips one bit in the middle of every `nth` segment that the relay serves. Its receipts and signatures stay honest. */
export function corrupting(handler: Handler, nth: number): CorruptingRelay {
  let served = 0;
  let segments = 0;
  let bytes = 0;
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
      return new Response(body, response);
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

const CHUNK = 4_096;

function isSegment(request: Request, response: Response): boolean {
  return request.method === "GET" && response.ok && METERED.test(new URL(request.url).pathname);
}
