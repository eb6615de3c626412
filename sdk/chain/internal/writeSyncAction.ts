import type { TransactionReceipt } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { WriteClient } from "../clients.ts";
import type { ContractCall } from "../contractCall.ts";
import type { WeirEvent, WeirEventName } from "../events.ts";
import type { TransactionOverrides, WaitOptions } from "../transactionOptions.ts";
import { decodeContractEvents } from "./decodeContractEvents.ts";
import { send, waitFor } from "./send.ts";

/** What the `Sync` form of an action answers. */
export interface SyncResult<Name extends WeirEventName> {
  readonly receipt: TransactionReceipt;
  /** What the contract says it did, in order. */
  readonly events: readonly WeirEvent<Name>[];
}

/** An action that sends a transaction, waits until it is mined and decodes its events. */
export type WriteSyncAction<Options, Name extends WeirEventName> = (
  client: WriteClient,
  options: Options & TransactionOverrides & WaitOptions,
) => Promise<SyncResult<Name>>;

/** The waiting form of a call of `contract`, which tells what it did in the named events. */
export function writeSyncAction<Options extends { readonly deployment: Deployment }, const Name extends WeirEventName>(
  toCall: (options: Options) => ContractCall,
  contract: WeirEvent<Name>["contract"],
  eventNames: readonly Name[],
): WriteSyncAction<Options, Name> {
  return async (client, options) => {
    const call = toCall(options);
    const hash = await send(client, options.deployment, call, options);
    options.onHash?.(hash);
    const receipt = await waitFor(client, hash, call, options);
    return { receipt, events: decodeContractEvents({ ...call, contract }, receipt.logs, eventNames) };
  };
}
