import type { Address, Hex } from "../../core/hex.ts";
import type { WeirError } from "../../core/weirError.ts";

/** What a reporter tells about its work. Amounts are token base units; `agent` is the key that signed. */
export type ReporterEvent =
  /** A key signed what contradicts a manifest, or itself. Whether it answers for an operator is still to be asked. */
  | {
      readonly type: "found";
      readonly agent: Address;
      readonly contradicts: "manifest" | "self";
      readonly relay?: string;
    }
  /** Nothing comes of it: nobody answers for the key, or somebody was first. */
  | { readonly type: "dismissed"; readonly agent: Address; readonly reason: "not-accountable" | "retired" }
  /** `cut` is not enough above `cost`. It is looked at again when the reporter is started again. */
  | {
      readonly type: "unprofitable";
      readonly agent: Address;
      readonly operator: Address;
      readonly cut: bigint;
      readonly cost: bigint;
    }
  /** The chain has the commitment; the report follows. */
  | { readonly type: "committed"; readonly agent: Address; readonly operator: Address; readonly commitment: Hex }
  /** The operator was slashed. `cut` is the reporter's, to be had with `claimRewards`. */
  | {
      readonly type: "reported";
      readonly agent: Address;
      readonly operator: Address;
      readonly cut: bigint;
      readonly transactionHash: Hex;
    }
  /** A step did not work. It is tried again after so many seconds; if undefined, when the reporter is started again. */
  | {
      readonly type: "failed";
      readonly agent: Address | undefined;
      readonly error: WeirError;
      readonly retryIn: number | undefined;
    };

/** Hears everything. What it throws is reported as uncaught and disturbs nothing. */
export type ReporterListener = (event: ReporterEvent) => void;
