/**
 * The documents of the operator's JSON API, which are what the page shows. Times are seconds since the epoch, sizes bytes.
 * Amounts are exact decimal numbers as texts, in tokens or in coins of the chain: no amount ever goes through a float.
 */

/** An exact decimal number, such as `"1.5"`. */
export type Decimal = string;

/** One check, as a light that is green or not. */
export interface CheckDocument {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  readonly cure?: string;
}

/** `/api/overview`: who the relay is and how it stands now. */
export interface OverviewDocument {
  readonly at: number;
  readonly relay: RelayDocument;
  readonly ready: boolean;
  readonly checks: readonly CheckDocument[];
  /** Relay processes on the store. */
  readonly processes: number;
  /** Whether it is this process that sends transactions. */
  readonly collects: boolean;
  readonly sessions: number;
  readonly channels: number;
  readonly exposure: {
    /** Acknowledged by viewers and not collected yet, before the escrow's fee. */
    readonly unsettled: Decimal;
    /** Delivered and not acknowledged or paid: the most that can be lost. */
    readonly unsecured: Decimal;
    readonly unsecuredBytes: number;
    /** Viewers that asked to close their channel. */
    readonly closing: number;
    /** When the first of them can take back what is not settled. */
    readonly firstDeadline?: number;
  };
  /** Transactions that are not final: on their way, or mined in a block that a reorganisation could still take back. */
  readonly transactions: readonly {
    readonly nonce: number;
    readonly hash: string;
    readonly sentAt: number;
    readonly channels: number;
    /** The block that it was mined in; absent while it is on its way. */
    readonly minedIn?: number;
  }[];
  readonly cache: {
    readonly bytes: number;
    /** Absent without a cache on disk. */
    readonly diskBytes?: number;
    readonly reads: Readonly<Record<string, number>>;
  };
  /** What the chain says; absent while it cannot be read. */
  readonly chain?: {
    readonly head: number;
    /** The last block that the relay looked at. */
    readonly watched?: number;
    /** Can be withdrawn from the escrow. */
    readonly withdrawable: Decimal;
    /** The escrow's fee on what was settled and not distributed yet. */
    readonly fees: Decimal;
    readonly agent: {
      /** Coins that the agent has for gas. */
      readonly balance: Decimal;
      /** Settlements of the usual size that they pay for at today's price. */
      readonly settlements: number;
    };
  };
}

/** Who a relay is. */
export interface RelayDocument {
  readonly version: string;
  readonly payee: string;
  readonly agent: string;
  readonly publicUrl: string;
  readonly network: string;
  readonly chainId: number;
  /** Symbol of the token. */
  readonly symbol: string;
  readonly pricePerGiB: Decimal;
  readonly startedAt: number;
  readonly streams: readonly { readonly path: string; readonly free: boolean }[];
}

/** Sums over transactions. */
export interface EarningsSums {
  /** Settled, before the escrow's fee. */
  readonly value: Decimal;
  /** What the gas was worth. */
  readonly cost: Decimal;
  /** What settling each receipt by itself would have cost more. */
  readonly saved: Decimal;
  readonly transactions: number;
  readonly settles: number;
}

/** `/api/earnings`: by day of UTC, the earliest first, days without a transaction left out. */
export interface EarningsDocument {
  readonly days: readonly (EarningsSums & { readonly day: number })[];
  readonly total: EarningsSums;
}

/** `/api/activity`: the last six hours, the earliest first; column by column, because there are many. */
export interface ActivityDocument {
  readonly at: readonly number[];
  readonly servedBytesPerSecond: readonly number[];
  readonly receiptedBytesPerSecond: readonly number[];
  readonly sessions: readonly number[];
  readonly unsettled: readonly Decimal[];
  readonly unsecured: readonly Decimal[];
}

/** `/api/settlements?limit=&after=`: mined transactions, the newest first. */
export interface SettlementsDocument {
  readonly settlements: readonly {
    readonly nonce: number;
    /** Absent if another program sent the transaction with this nonce. */
    readonly hash?: string;
    readonly reason: string;
    readonly block: number;
    readonly minedAt: number;
    readonly gasUsed: string;
    /** Wei per gas. */
    readonly gasPrice: string;
    readonly value: Decimal;
    readonly cost: Decimal;
    readonly saved: Decimal;
    readonly funds: number;
    readonly settles: number;
    readonly closes: number;
  }[];
  /** For the next page; absent on the last. */
  readonly next?: string;
}

/** `/api/channels?which=&limit=&after=`: in the order of their ids. */
export interface ChannelsDocument {
  readonly channels: readonly {
    readonly id: string;
    readonly signer: string;
    readonly state: "open" | "idle" | "closing" | "closed";
    readonly deposit: Decimal;
    readonly acknowledgedBytes: number;
    readonly settled: Decimal;
    readonly unsettled: Decimal;
    /** Until when it must be settled; present while its viewer asks to close it. */
    readonly deadline?: number;
  }[];
  readonly next?: string;
}

/** `/api/stake`: what stands behind the operator. `operator` is absent if the payee is none. */
export interface StakeDocument {
  readonly registered: boolean;
  readonly active: boolean;
  readonly own: Decimal;
  readonly ownUnbonding: Decimal;
  readonly delegated: Decimal;
  readonly delegatedUnbonding: Decimal;
  readonly delegationRoom: Decimal;
  readonly commissionPercent: number;
  readonly minSelfStake: Decimal;
  /** What `weir rewards distribute` would bring now. */
  readonly pendingRewards: Decimal;
  readonly distributedThisEpoch: boolean;
  readonly nextEpochAt: number;
  /** Commissions that can be claimed. */
  readonly claimable: Decimal;
}

/** `/api/issues`: what went wrong since the process started, the latest first. */
export interface IssuesDocument {
  readonly issues: readonly {
    readonly type: string;
    readonly code?: string;
    readonly about?: string;
    /** What the code means, and what to do. */
    readonly title: string;
    readonly cure: string;
    readonly count: number;
    readonly firstAt: number;
    readonly lastAt: number;
  }[];
}
