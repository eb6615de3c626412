import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { readAction } from "../internal/readAction.ts";

/** What one holder has behind one operator. */
export interface Stake {
  /** What `unbond` takes. */
  readonly shares: bigint;
  /** What they are worth at present, in token base units. Rises with rewards, falls by slashing alone. */
  readonly amount: bigint;
}

/** Options of `readStake`. */
export interface ReadStakeOptions {
  readonly deployment: Deployment;
  /** Behind whom the stake stands. */
  readonly operator: Address;
  /** Whose it is: the operator for its own stake, or a delegator. */
  readonly holder: Address;
}

/** The call of `readStake`. */
export function readStakeCall({ deployment, operator, holder }: ReadStakeOptions): StakeManagerCall<"stakeOf"> {
  return stakeManagerCall(deployment, "stakeOf", [operator, holder]);
}

/**
 * What a holder has behind an operator, unbonding stake aside.
 */
export const readStake = /* @__PURE__ */ readAction(readStakeCall, ([shares, amount]): Stake => ({ shares, amount }));
