import type { Handler } from "hono";
import type { RelayHandler } from "../relay/index.ts";

/**
 * A relay as a Hono handler. Mount it at every path that the relay answers; at the root of a host of its own:
 *
 * @example
 * app.all("*", honoHandler(relay.fetch));
 */
export function honoHandler(handler: RelayHandler): Handler {
  return async (context) => handler(context.req.raw);
}
