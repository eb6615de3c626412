import type { Address, Hex, ReceiptStep } from "../../core/index.ts";
import type { CollectionReason } from "../../exchange/index.ts";
import type { ChannelRecord, RelayTransaction } from "./relayStore.ts";

/** What became of one transaction of the relay's agent. Amounts are token base units. */
export interface CollectionRecord {
  readonly nonce: number;
  /** The transaction that used the nonce; absent if it is none of the relay's own. */
  readonly hash?: Hex;
  /** Why it was sent; `order` if somebody asked for it. */
  readonly reason: CollectionReason;
  /** The block that it was mined in, or was seen to be mined at. */
  readonly block: number;
  /** The time of that block, in seconds since the epoch. */
  readonly minedAt: number;
  readonly gasUsed: bigint;
  /** Wei per gas that it paid. */
  readonly gasPrice: bigint;
  /** What its gas was worth. */
  readonly cost: bigint;
  /** What it settled, before the escrow's fee. */
  readonly value: bigint;
  readonly funds: number;
  readonly settles: number;
  readonly closes: number;
  /** What settling each row by itself would have cost at the same price: less `cost`, it is what waiting saved. */
  readonly alone: bigint;
}

/** Asks whoever collects for a relay to do something, at its next round. */
export interface Order {
  readonly id: number;
  /** `settle`: everything that can be, or one channel, whether it pays or not. `close`: settle a channel and close it. */
  readonly type: "settle" | "close";
  /** The channel; absent for all. */
  readonly channel?: Hex;
  /** When it was placed, in seconds since the epoch. */
  readonly at: number;
}

/** A payer that the relay opens no session for. */
export interface DeniedPayer {
  /** Its session key. */
  readonly signer: Address;
  /** Why, for people. */
  readonly note: string;
  /** Since when, in seconds since the epoch. */
  readonly at: number;
}

/** A relay process that runs on the store now. */
export interface RunningRelay {
  /** Whether it is the one that sends transactions. */
  readonly collects: boolean;
  /** Where it is, as `host/process id`; absent for SQLite, whose one process is on this machine. */
  readonly process?: string;
  /** Since when it holds its place, in seconds since the epoch; absent for SQLite. */
  readonly since?: number;
}

/** What to go through. */
export interface ChannelsQuery {
  /**
   * All if left out. `open`: with a session. `unsettled`: with receipts that the chain has not seen. `closing`: on their
   * way to being closed. `at-stake`: with anything that the relay could still lose.
   */
  readonly which?: "open" | "unsettled" | "closing" | "at-stake";
  /** Begin with the first channel after this one, in the order of ids. */
  readonly after?: Hex;
  /** Most channels. */
  readonly limit?: number;
}

/**
 * What a relay remembers, for those who look beside it: another process, whether the relay runs or not. Reading never
 * holds the relay up. What is written here is what people tell a relay; channels, receipts and transactions are its own.
 * Everything rejects with `storage-failed` if the store cannot be read.
 */
export interface RelayRecords {
  /**
   * Opens it. Makes nothing and changes no schema.
   *
   * @throws WeirError `storage-failed` if no relay made a store there, or another version of this software did
   */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Every relay process that runs on the store now. */
  readonly running: () => Promise<readonly RunningRelay[]>;

  /** Channels in the order of their ids; page by page, so that there may be any number of them. */
  readonly channels: (query?: ChannelsQuery) => AsyncIterable<ChannelRecord>;
  readonly readChannel: (id: Hex) => Promise<ChannelRecord | undefined>;
  /** How many channels there are, and how many of them have a session. */
  readonly count: () => Promise<{ readonly channels: number; readonly sessions: number }>;
  /** The receipts of a channel in the order of their totals, page by page. */
  readonly receipts: (id: Hex) => AsyncIterable<ReceiptStep>;
  readonly countReceipts: (id: Hex) => Promise<number>;
  /** As the store's own. */
  readonly highest: (name: string) => Promise<bigint | undefined>;
  /** Transactions whose outcome is not known, by nonce. */
  readonly transactions: () => Promise<readonly RelayTransaction[]>;
  /** What became of the others, the newest first, page by page. */
  readonly collections: () => AsyncIterable<CollectionRecord>;
  /** Those that were sent for a channel, the oldest first. */
  readonly collectionsOf: (channel: Hex) => Promise<readonly CollectionRecord[]>;

  /** Payers that are denied, the latest first. */
  readonly denied: () => Promise<readonly DeniedPayer[]>;
  /** Denies a payer. One that is denied already gets the new note. */
  readonly deny: (payer: DeniedPayer) => Promise<void>;
  /** Takes that back. Resolves to whether it was denied. */
  readonly allow: (signer: Address) => Promise<boolean>;

  /** Orders that nobody has carried out yet, the oldest first. */
  readonly orders: () => Promise<readonly Order[]>;
  /** Places an order. Resolves to its id. */
  readonly placeOrder: (order: Omit<Order, "id">) => Promise<number>;
  /** Takes an order back. Resolves to whether it was still there. */
  readonly removeOrder: (id: number) => Promise<boolean>;
}
