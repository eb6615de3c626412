import type { Deployment } from "../core/deployment.ts";
import type { MinedLog, WeirEvent } from "./events.ts";
import { decodeContractEvents } from "./internal/decodeContractEvents.ts";
import { eventSources } from "./internal/eventSources.ts";

/**
 * The events of a deployment's contracts among some logs, decoded, in the order of the logs. Logs of other contracts are
 * left out, whatever they look like.
 *
 * @param logs of a transaction receipt, or from `getLogs`
 * @example
 * for (const event of decodeEvents(receipt.logs, { deployment })) {
 *   if (event.eventName === "Settled") console.log(event.args.settlements);
 * }
 */
export function decodeEvents(
  logs: readonly MinedLog[],
  { deployment }: { readonly deployment: Deployment },
): readonly WeirEvent[] {
  return decodeContractEvents(eventSources(deployment), logs);
}
