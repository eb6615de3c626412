import type { Address, Channel, Hex } from "../../core/index.ts";
import type { ChainView } from "../../exchange/index.ts";

/** Who a relay is on chain. */
export interface RelayParties {
  /** Who is paid. */
  readonly payee: Address;
  /** Whose signatures deliveries carry. */
  readonly agent: Address;
}

/** A block, by what tells it from others of the same number. */
export interface ChainBlock {
  readonly number: number;
  readonly hash: Hex;
  /** Seconds since the epoch, as its maker had it. */
  readonly time: number;
}

/** What a relay needs to know of the chain. All of it is read from confirmed blocks. */
export interface RelayChain {
  /**
   * Makes sure that the deployment is what stands on the chain, and that the agent may sign and close for the payee.
   *
   * @throws WeirError `wrong-chain`, `wrong-contract`, `wrong-token`, `wrong-signer` or `chain-unavailable`
   */
  readonly verify: (parties: RelayParties) => Promise<void>;
  /**
   * Blocks that must hold a transaction before nobody expects it to be taken back, its own included. Until then a relay is
   * ready to send it again, and to read anew what it read since.
   */
  readonly finality: number;
  /** The newest confirmed block. @throws WeirError `chain-unavailable` */
  readonly head: () => Promise<ChainBlock>;
  /** The block of a number up to the head's, or `undefined` if it cannot be had. @throws WeirError `chain-unavailable` */
  readonly blockAt: (number: number) => Promise<ChainBlock | undefined>;
  /**
   * What the chain says about a channel and the account behind it.
   *
   * @param at the block to read it at: one that `head` gave; the newest confirmed one if left out
   */
  readonly view: (channel: Channel, at?: number) => Promise<ChainView>;
  /** Channels of a payee that something happened to in these blocks, both included. */
  readonly touched: (payee: Address, fromBlock: number, toBlock: number) => Promise<ReadonlySet<Hex>>;
}
