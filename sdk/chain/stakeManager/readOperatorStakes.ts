import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { ReadClient } from "../clients.ts";
import { latestBlock } from "../internal/latestBlock.ts";
import { readAction } from "../internal/readAction.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { StakeManagerCall } from "../internal/stakeManagerCall.ts";
import type { OperatorStake } from "./operatorStake.ts";

/** Options of `readOperatorStakesCall`. */
export interface ReadOperatorStakesCallOptions {
  readonly deployment: Deployment;
  readonly operators: readonly Address[];
}

/** Options of `readOperatorStakes`. */
export interface ReadOperatorStakesOptions extends ReadOperatorStakesCallOptions {
  /** Operators in one request. Default 100. */
  readonly pageSize?: number | undefined;
  /** Default: the latest block; one block for all requests either way. */
  readonly blockNumber?: bigint | undefined;
}

/** The call for one page of `readOperatorStakes`. */
export function readOperatorStakesCall(options: ReadOperatorStakesCallOptions): StakeManagerCall<"operatorStakes"> {
  return stakeManagerCall(options.deployment, "operatorStakes", [options.operators]);
}

const readPage = /* @__PURE__ */ readAction(readOperatorStakesCall);

/**
 * What stands behind each of many operators, in their order, all at one block. Zeros for an address that never staked.
 *
 * @throws WeirError `wrong-contract`, `chain-unavailable`
 */
export async function readOperatorStakes(
  client: ReadClient,
  options: ReadOperatorStakesOptions,
): Promise<readonly OperatorStake[]> {
  const { deployment, operators, pageSize = 100 } = options;
  if (operators.length === 0) return [];
  const blockNumber = options.blockNumber ?? (await latestBlock(client));
  const stakes: OperatorStake[] = [];
  for (let next = 0; next < operators.length; next += pageSize) {
    const page = operators.slice(next, next + pageSize);
    stakes.push(...(await readPage(client, { deployment, operators: page, blockNumber })));
  }
  return stakes;
}
