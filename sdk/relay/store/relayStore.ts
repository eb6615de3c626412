import type { Address, Hex, ReceiptStep } from "../../core/index.ts";
import type { RelayChannel } from "../../exchange/index.ts";
import type { SignedDeposit } from "../../http/index.ts";
import type { CollectionRecord, Order } from "./relayRecords.ts";

/** A channel as the store has it. */
export interface ChannelRecord {
  readonly state: RelayChannel;
  /** Rises by one with every write; what a write must name to be taken. */
  readonly version: number;
}

/** What the store finds channels by. Derived from the state whenever it is written. */
export interface ChannelIndex {
  /** Bytes of credit that count against the bounds of `creditTaken`. */
  readonly taken: bigint;
  /** Until when they count, in seconds since the epoch. */
  readonly takenUntil: number;
  /** Whether the deposit is confirmed, so that the bound for unfunded channels does not apply. */
  readonly funded: boolean;
  /** Whether there is something that a transaction could collect. */
  readonly collectable: boolean;
  /** Whether a transaction that collects is written down, or about to be. */
  readonly collecting: boolean;
}

/** How much credit other channels hold; see `grantCredit`. */
export interface CreditTaken {
  /** Bytes taken by the signer's other channels. */
  readonly signerTaken: bigint;
  /** Bytes taken by all other channels without a confirmed deposit. */
  readonly unfundedTaken: bigint;
  /** Open sessions on the signer's other channels. */
  readonly signerSessions: number;
}

/**
 * What a write must have come to before it is answered. `durable`: it outlives a power failure. `prompt`: it outlives the
 * process, enough for what only bounds a loss, such as a reservation. `deferred`: the same, but nobody waits for it, so
 * that it may be written with others that come a moment later.
 */
export type WriteUrgency = "durable" | "prompt" | "deferred";

/** One change of one channel: all of it is written, or nothing. */
export interface ChannelWrite {
  readonly state: RelayChannel;
  /** The version that `state` was stepped from; 0 for a channel that the store does not have yet. */
  readonly from: number;
  /**
   * The state that `state` was stepped from. A shared store takes the write only if that is what it holds: a database
   * that was set back counts its versions anew, and then the number alone says nothing.
   */
  readonly before?: RelayChannel;
  readonly index: ChannelIndex;
  /** Receipts that go into the append-only log of the channel. */
  readonly log: readonly ReceiptStep[];
  /** If set, nothing is written when others hold more credit by now. */
  readonly bounds?: CreditTaken;
  /** Seconds since the epoch. */
  readonly now: number;
  readonly urgency: WriteUrgency;
}

/**
 * A transaction of the relay's agent, from before it is sent until its outcome is final: the chain may take back what is
 * mined, and then it is sent again.
 */
export interface RelayTransaction {
  /** One to a nonce; replacing it for a higher fee adds a hash. */
  readonly nonce: number;
  /** All hashes under which it was sent, or was about to be; the last is the current one. */
  readonly hashes: readonly Hex[];
  /** The signed transaction of the current hash, to be sent again. */
  readonly raw: Hex;
  /** What it does, channel by channel. */
  readonly channels: readonly RelayTransactionChannel[];
  /** When the current one was written down, in seconds since the epoch. */
  readonly sentAt: number;
  /** The deposit that it makes for a wallet, if it was sent for that. */
  readonly deposit?: SignedDeposit;
  /** Why it was sent first; absent if it was written down before that was remembered. */
  readonly reason?: CollectionRecord["reason"];
  /** Where it was found mined; absent while its outcome is not known. */
  readonly mined?: {
    /** The block that it is in, or that it was seen to be mined at. */
    readonly block: number;
    /** Which of the hashes it was; absent if it could not be told. */
    readonly hash?: Hex;
  };
}

/** What a transaction does for one channel. */
export interface RelayTransactionChannel {
  readonly id: Hex;
  /** Bytes that it settles up to; 0 if it settles nothing. */
  readonly settling: bigint;
  /** Total that it funds up to; 0 if it funds nothing. */
  readonly funding: bigint;
  readonly close: boolean;
}

/** Which channels to list. */
export type ChannelFilter =
  /** Those with a transfer that is not accounted for. */
  | { readonly type: "transfers" }
  /** Those with a session and no write since `before`, in seconds since the epoch. */
  | { readonly type: "idle"; readonly before: number }
  /** Those that a transaction could collect from. */
  | { readonly type: "collectable" }
  /** Those that a transaction is collecting from, or was about to when the process ended. */
  | { readonly type: "collecting" }
  /** Those with a session of a payer that is denied. */
  | { readonly type: "denied" };

/**
 * A right that one process holds at a time, such as the right to send transactions. What is written through it is written
 * only while it is held, whatever the process believes: whoever was paused or cut off changes nothing afterwards.
 * Everything rejects with `storage-failed` once it is lost; it never comes back.
 */
export interface Lease {
  /** Whether it is held, as far as this process knows. */
  readonly held: () => boolean;
  /** As the store's own. */
  readonly writeChannel: (write: ChannelWrite) => Promise<boolean>;
  /** Writes a transaction down, durably; replaces the one with the same nonce. */
  readonly putTransaction: (transaction: RelayTransaction) => Promise<void>;
  /** Forgets a transaction whose outcome was read from the chain, and keeps in the history what became of it. */
  readonly dropTransaction: (nonce: number, collection?: CollectionRecord) => Promise<void>;
  /** Gives it up, so that another process may have it at once. */
  readonly release: () => Promise<void>;
}

/**
 * What a relay remembers. All writes are atomic; when a promise resolves, the write is where its `urgency` says. A write that
 * fails rejects with `storage-failed`, and then nothing of it was written. One doubt is left: the answer of a shared store
 * that is cut off in mid-write and stays away. So every write can be done again without doing it twice.
 */
export interface RelayStore {
  /** Whether other processes may write as well, so that a cached state can be out of date. */
  readonly shared: boolean;
  /** Opens it, brings its schema up to date, and makes sure that nobody else writes to an unshared one. */
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;

  readonly readChannel: (id: Hex) => Promise<ChannelRecord | undefined>;
  /** Resolves to `false` if the version is not the stored one or others hold more credit; nothing was written then. */
  readonly writeChannel: (write: ChannelWrite) => Promise<boolean>;
  readonly listChannels: (filter: ChannelFilter) => Promise<readonly ChannelRecord[]>;
  /** @param now seconds since the epoch */
  readonly creditTaken: (channel: Pick<RelayChannel, "id" | "channel">, now: number) => Promise<CreditTaken>;
  /** The receipts of a channel in the order of their totals. */
  readonly readLog: (id: Hex) => Promise<readonly ReceiptStep[]>;

  /** Marks a challenge as used; `false` if it was. It may be forgotten after `expires`. */
  readonly useChallenge: (id: string, expires: number, now: number) => Promise<boolean>;
  /** 32 random bytes of this name, the same for ever. */
  readonly secret: (name: string) => Promise<Uint8Array>;
  /** The largest number noted under a name, such as a manifest's sequence or the last block that was read. */
  readonly highest: (name: string) => Promise<bigint | undefined>;
  /** Notes a number; a lower one than is known changes nothing. */
  readonly raise: (name: string, value: bigint) => Promise<void>;

  /** Transactions whose outcome is not known or not final, by nonce. */
  readonly transactions: () => Promise<readonly RelayTransaction[]>;

  /** Whether a payer's session key is denied. Others write that: see `RelayRecords`. */
  readonly isDenied: (signer: Address) => Promise<boolean>;
  /** What people asked for and nobody has done yet, the oldest first. */
  readonly orders: () => Promise<readonly Order[]>;
  /** Forgets an order that was carried out, or that nothing can be done about. */
  readonly removeOrder: (id: number) => Promise<void>;

  /**
   * Takes the right of this name, or `undefined` if it is held already. It is free again within seconds when its holder
   * dies, hangs or loses the store. A store that is not shared always gives it: nobody else can have it.
   *
   * @param onCall called while it is held, when another process asks for attention
   */
  readonly lead: (name: string, onCall?: () => void) => Promise<Lease | undefined>;
  /** Tells whichever other process holds the right of this name that there is something to do. */
  readonly call: (name: string) => Promise<void>;
}
