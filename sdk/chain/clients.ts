import type { Account, Chain, Client, Transport } from "viem";

/** Any viem client: reads need a transport and nothing else. */
export type ReadClient = Client;

/**
 * A viem client with an account: a local key, or the address of a wallet behind the transport. Its chain may be left out;
 * the deployment names the chain.
 */
export type WriteClient = Client<Transport, Chain | undefined, Account>;
