import type { Deployment } from "../../core/deployment.ts";
import type { ReadClient } from "../clients.ts";
import { latestBlock } from "../internal/latestBlock.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import type { OperatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";
import type { DeploymentOptions } from "../internal/readAction.ts";
import type { OperatorRecord } from "./listing.ts";

/** Options of `readOperators`. */
export interface ReadOperatorsOptions {
  readonly deployment: Deployment;
  /** Where in the list to begin, from zero. Default 0. */
  readonly offset?: bigint | undefined;
  /** The most records to answer. Anyone can register, so the list may be long. Default 1,000. */
  readonly limit?: bigint | undefined;
  /** Records in one request. Default 100. */
  readonly pageSize?: bigint | undefined;
  /** Default: the latest block; one block for all requests either way. */
  readonly blockNumber?: bigint | undefined;
}

/** A part of the list of operators, as it was in one block. */
export interface OperatorPage {
  readonly operators: readonly OperatorRecord[];
  /** The length of the whole list. */
  readonly total: bigint;
  /** Read the next part at the same block: the list is reordered when an operator leaves. */
  readonly blockNumber: bigint;
}

/** Options of `readOperatorsCall`. */
export interface ReadOperatorsCallOptions {
  readonly deployment: Deployment;
  readonly offset: bigint;
  readonly limit: bigint;
}

/** The call for one page of the list. */
export function readOperatorsCall(options: ReadOperatorsCallOptions): OperatorRegistryCall<"operators"> {
  return operatorRegistryCall(options.deployment, "operators", [options.offset, options.limit]);
}

const readPage = /* @__PURE__ */ readAction(readOperatorsCall);
const readCount = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  operatorRegistryCall(deployment, "operatorCount", []),
);

/**
 * Reads the list of operators, page by page, all at one block. Everything in it is the claim of a stranger: filter it, and
 * treat every text as hostile input.
 *
 * @throws WeirError `wrong-contract`, `chain-unavailable`
 */
export async function readOperators(client: ReadClient, options: ReadOperatorsOptions): Promise<OperatorPage> {
  const { deployment, limit = 1_000n, offset = 0n, pageSize = 100n } = options;
  const blockNumber = options.blockNumber ?? (await latestBlock(client));
  const total = await readCount(client, { deployment, blockNumber });
  const end = offset + limit < total ? offset + limit : total;
  const operators: OperatorRecord[] = [];
  for (let next = offset; next < end; next += pageSize) {
    const size = end - next < pageSize ? end - next : pageSize;
    operators.push(...(await readPage(client, { deployment, offset: next, limit: size, blockNumber })));
  }
  return { operators, total, blockNumber };
}
