import type { TransactionReceipt } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { WriteClient } from "../clients.ts";
import type { ContractCall } from "../contractCall.ts";
import type { WeirEvent, WeirEventName } from "../events.ts";
import type { TransactionOverrides, WaitOptions } from "../transactionOptions.ts";
import { decodeContractEvents } from "./decodeContractEvents.ts";
import type { EventSource } from "./decodeContractEvents.ts";
import { send, waitFor } from "./send.ts";

/** What the `Sync` form of an action answers. */
export interface SyncResult<Name extends WeirEventName> {
  readonly receipt: TransactionReceipt;
  /** What the contracts say they did, in order. */
  readonly events: readonly WeirEvent<Name>[];
}

/** An action that sends a transaction, waits until it is mined and decodes its events. */
export type WriteSyncAction<Options, Name extends WeirEventName> = (
  client: WriteClient,
  options: Options & TransactionOverrides & WaitOptions,
) => Promise<SyncResult<Name>>;

/**
 * The waiting form of a call of `contract`, which tells what it did in the named events.
 *
 * @param others contracts that the call makes do something, whose events are named too
 */
export function writeSyncAction<Options extends { readonly deployment: Deployment }, const Name extends WeirEventName>(
  toCall: (options: Options) => ContractCall,
  contract: WeirEvent<Name>["contract"],
  eventNames: readonly Name[],
  others: (deployment: Deployment) => readonly EventSource[] = () => [],
): WriteSyncAction<Options, Name> {
  return async (client, options) => {
    const { deployment } = options;
    const call = toCall(options);
    const hash = await send(client, deployment, call, options);
    options.onHash?.(hash);
    const receipt = await waitFor(client, hash, call, options);
    const sources = [{ ...call, contract }, ...others(deployment)];
    return { receipt, events: decodeContractEvents(sources, receipt.logs, eventNames) };
  };
}
