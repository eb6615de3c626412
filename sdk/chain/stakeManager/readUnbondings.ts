import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { ReadClient } from "../clients.ts";
import { latestBlock } from "../internal/latestBlock.ts";
import { readAction } from "../internal/readAction.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";

/** Stake on its way out. */
export interface Unbonding {
  /** Names it in `withdrawStake`. */
  readonly index: bigint;
  /** Behind whom it stood. */
  readonly operator: Address;
  /** What it is worth at present, in token base units; less after a slash. */
  readonly amount: bigint;
  /** Unix seconds; from then on it can be withdrawn. */
  readonly endsAt: number;
}

/** Options of `readUnbondings`. */
export interface ReadUnbondingsOptions {
  readonly deployment: Deployment;
  /** Who unbonded: an operator its own stake, or a delegator. */
  readonly holder: Address;
  /** The first index. Default 0. */
  readonly offset?: bigint | undefined;
  /** The most indices to look at. Default 1,000. */
  readonly limit?: bigint | undefined;
  /** Requests made at the same time, one for each unbonding. Default 20. */
  readonly pageSize?: bigint | undefined;
  /** Default: the latest block; one block for all requests either way. */
  readonly blockNumber?: bigint | undefined;
}

/** A part of a holder's unbondings, as it was in one block. */
export interface UnbondingPage {
  /** Without those that were withdrawn. */
  readonly unbondings: readonly Unbonding[];
  /** How many the holder ever began; indices lie below. */
  readonly total: bigint;
  readonly blockNumber: bigint;
}

type Holder = Pick<ReadUnbondingsOptions, "deployment" | "holder">;

const readCount = /* @__PURE__ */ readAction(({ deployment, holder }: Holder) =>
  stakeManagerCall(deployment, "unbondingCount", [holder]),
);
const readOne = /* @__PURE__ */ readAction(({ deployment, holder, index }: Holder & { readonly index: bigint }) =>
  stakeManagerCall(deployment, "unbonding", [holder, index]),
);

/**
 * What a holder has on its way out, in the order in which it was begun.
 *
 * @throws WeirError `wrong-contract`, `chain-unavailable`
 */
export async function readUnbondings(client: ReadClient, options: ReadUnbondingsOptions): Promise<UnbondingPage> {
  const { deployment, holder, limit = 1_000n, offset = 0n, pageSize = 20n } = options;
  const blockNumber = options.blockNumber ?? (await latestBlock(client));
  const total = await readCount(client, { deployment, holder, blockNumber });
  const end = offset + limit < total ? offset + limit : total;
  const unbondings: Unbonding[] = [];
  for (let next = offset; next < end; next += pageSize) {
    const size = end - next < pageSize ? end - next : pageSize;
    const indices = Array.from({ length: Number(size) }, (_, i) => next + BigInt(i));
    const page = await Promise.all(
      indices.map(async (index) => ({ index, ...(await readOne(client, { deployment, holder, index, blockNumber })) })),
    );
    unbondings.push(...page.filter(({ endsAt }) => endsAt !== 0));
  }
  return { unbondings, total, blockNumber };
}
