import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import type { WriteClient } from "../clients.ts";
import type { ContractCall } from "../contractCall.ts";
import type { TransactionOverrides } from "../transactionOptions.ts";
import { send } from "./send.ts";

/** An action that sends a transaction and answers its hash. */
export type WriteAction<Options> = (client: WriteClient, options: Options & TransactionOverrides) => Promise<Hex>;

/** The sending form of a call. */
export function writeAction<Options extends { readonly deployment: Deployment }>(
  toCall: (options: Options) => ContractCall,
): WriteAction<Options> {
  return async (client, options) => send(client, options.deployment, toCall(options), options);
}
