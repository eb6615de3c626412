import type { Address } from "../../sdk/core/index.ts";
import type { Behaviour } from "./cast.ts";
import type { CostAssumptions, CostRow } from "./costs.ts";
import type { GasRow } from "./gasLedger.ts";
import type { TokenLedger } from "./tokenLedger.ts";

/** What the demonstration measured. Amounts are token base units, bytes are bytes. */
export interface DemoReport {
  readonly stream: {
    readonly name: string;
    readonly renditions: number;
    readonly resources: number;
    readonly videoSeconds: number;
  };
  readonly viewers: readonly ViewerReport[];
  readonly relays: readonly RelayReport[];
  readonly bytes: {
    /** Verified by viewers. */
    readonly verified: number;
    /** Settled on chain. */
    readonly paid: bigint;
    /** Corrupted by the corrupting relay. */
    readonly bad: number;
    /** Paid although they were bad: what was settled beyond what was verified. */
    readonly badPaid: bigint;
  };
  readonly gas: {
    readonly rows: readonly GasRow[];
    /** From opening to closing, paid by relays. */
    readonly channels: number;
    readonly perChannel: number;
  };
  readonly cost: { readonly assumptions: CostAssumptions; readonly rows: readonly CostRow[] };
  readonly tokens: TokenLedger;
  /** What slashing took. */
  readonly slashed: bigint;
  /** What of that those who reported got. */
  readonly reporterCuts: bigint;
  /** What of the relays' fees went to their stake. */
  readonly rewards: bigint;
  /** The relays' fees. */
  readonly fees: bigint;
  /** What the delegator had more at the end than it delegated. */
  readonly delegatorGain: bigint;
  /** What somebody had more after paying himself: below zero. */
  readonly washTradingProfit: bigint;
  readonly checks: readonly Check[];
  readonly ok: boolean;
  readonly seconds: number;
}

/** What one viewer experienced. */
export interface ViewerReport {
  readonly name: string;
  readonly gasless: boolean;
  readonly startupMs: number;
  readonly stalls: number;
  readonly stallSeconds: number;
  /** Heights of the renditions in the order in which they were played. */
  readonly heights: readonly number[];
  readonly verifiedBytes: number;
  readonly refusedBytes: number;
  readonly hedged: number;
  /** What the video cost. */
  readonly spent: bigint;
  /** What was left and is in the wallet again. */
  readonly returned: bigint;
  readonly relays: readonly { readonly relay: string; readonly verifiedBytes: number; readonly segments: number }[];
}

/** What one relay did and earned. */
export interface RelayReport {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly payee: Address;
  readonly viewers: number;
  readonly segments: number;
  /** Verified by viewers. */
  readonly verifiedBytes: number;
  readonly corruptedBytes: number;
  /** Settled on chain. */
  readonly paidBytes: bigint;
  readonly earned: bigint;
  readonly fees: bigint;
}

/** Something that must hold. */
export interface Check {
  readonly name: string;
  readonly held: boolean;
  readonly detail: string;
}
