import { getBlockNumber } from "viem/actions";
import type { ReadClient } from "../clients.ts";
import { toWeirError } from "./toWeirError.ts";

/** The number of the newest block, asked for anew, to read several pages at it. */
export async function latestBlock(client: ReadClient): Promise<bigint> {
  try {
    return await getBlockNumber(client, { cacheTime: 0 });
  } catch (error) {
    throw toWeirError(error);
  }
}
