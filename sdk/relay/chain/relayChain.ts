import type { Address, Channel, Hex } from "../../core/index.ts";
import type { ChainView } from "../../exchange/index.ts";

/** Who a relay is on chain. */
export interface RelayParties {
  /** Who is paid. */
  readonly payee: Address;
  /** Whose signatures deliveries carry. */
  readonly agent: Address;
}

/** What a relay needs to know of the chain. All of it is read from confirmed blocks. */
export interface RelayChain {
  /**
   * Makes sure that the deployment is what stands on the chain, and that the agent may sign and close for the payee.
   *
   * @throws WeirError `wrong-chain`, `wrong-contract`, `wrong-token`, `wrong-signer` or `chain-unavailable`
   */
  readonly verify: (parties: RelayParties) => Promise<void>;
  /** The newest confirmed block. */
  readonly head: () => Promise<number>;
  /** What the chain says about a channel and the account behind it. */
  readonly view: (channel: Channel) => Promise<ChainView>;
  /** Channels of a payee that something happened to in these blocks, both included. */
  readonly touched: (payee: Address, fromBlock: number, toBlock: number) => Promise<ReadonlySet<Hex>>;
}
