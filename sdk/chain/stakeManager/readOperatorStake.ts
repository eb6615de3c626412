import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { OperatorStake } from "./operatorStake.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readOperatorStake`. */
export interface ReadOperatorStakeOptions {
  readonly deployment: Deployment;
  readonly operator: Address;
}

/** The call of `readOperatorStake`. */
export function readOperatorStakeCall({
  deployment,
  operator,
}: ReadOperatorStakeOptions): StakeManagerCall<"operatorStake"> {
  return stakeManagerCall(deployment, "operatorStake", [operator]);
}

/**
 * What stands behind an operator at present. Zeros for an address that never staked.
 */
export const readOperatorStake = /* @__PURE__ */ readAction(readOperatorStakeCall, (stake): OperatorStake => stake);
