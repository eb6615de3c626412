import type { IncomingMessage, ServerResponse } from "node:http";
import { nodeListener } from "./nodeListener.ts";
import type { NodeListenerOptions } from "./nodeListener.ts";
import type { RelayHandler } from "../relay/index.ts";

/** What the plugin uses of a Fastify instance. */
export interface FastifyLike {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    contentType: string,
    parser: (request: unknown, payload: unknown, done: (error: null) => void) => void,
  ): unknown;
  all(
    path: string,
    handler: (
      request: { readonly raw: IncomingMessage },
      reply: { readonly raw: ServerResponse; hijack(): unknown },
    ) => Promise<void>,
  ): unknown;
}

/**
 * A relay as a Fastify plugin. Inside the plugin Fastify reads no bodies: the relay does, and only as far as it allows.
 *
 * @example
 * await fastify.register(fastifyPlugin(relay.fetch));
 */
export function fastifyPlugin(
  handler: RelayHandler,
  options: NodeListenerOptions = {},
): (fastify: FastifyLike, options: object, done: () => void) => void {
  const listener = nodeListener(handler, options);
  return (fastify, _options, done) => {
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser("*", (_request, _payload, parsed) => {
      parsed(null);
    });
    fastify.all("/*", async (request, reply) => {
      reply.hijack();
      await listener(request.raw, reply.raw);
    });
    done();
  };
}
