import type { Account, Chain, Client, Transport } from "viem";
import type { Address, Hex } from "../core/hex.ts";

/** Any viem client: reads need a transport and nothing else. */
export type ReadClient = Client;

/**
 * A viem client with an account: a local key, or the address of a wallet behind the transport. Its chain may be left out;
 * the deployment names the chain.
 */
export type WriteClient = Client<Transport, Chain | undefined, Account>;

/** Whatever can ask a node what a contract says: any viem client, or a wallet's provider (EIP-1193). */
export interface RpcClient {
  request(call: {
    readonly method: "eth_call";
    readonly params: [{ readonly to: Address; readonly data: Hex }, "latest"];
  }): Promise<unknown>;
}
