import type { Context, Handler } from "hono";
import type { RelayHandler } from "../relay/index.ts";

/** How a Hono handler knows what Hono does not tell. */
export interface HonoHandlerOptions {
  /** The address of the client; without it nothing is limited by address. */
  readonly addressOf?: (context: Context) => string | undefined;
}

/**
 * A relay as a Hono handler. Mount it at every path that the relay answers; at the root of a host of its own:
 *
 * @example
 * app.all("*", honoHandler(relay.fetch));
 */
export function honoHandler(handler: RelayHandler, { addressOf }: HonoHandlerOptions = {}): Handler {
  return async (context) => handler(context.req.raw, { address: addressOf?.(context) });
}
