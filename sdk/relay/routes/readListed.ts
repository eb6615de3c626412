import { WeirError } from "../../core/index.ts";
import type { ManifestLeaf } from "../../core/index.ts";
import type { ServedStream } from "../media/servedStream.ts";
import type { Loan } from "../media/verifiedCache.ts";
import type { RelayContext } from "../relayContext.ts";

/**
 * The verified bytes of a listed resource, until they are released.
 *
 * @throws WeirError `content-mismatch`, `origin-unavailable`, `too-many-requests`
 */
export async function readListed(
  { cache, emit, logger }: RelayContext,
  { config }: ServedStream,
  leaf: ManifestLeaf,
): Promise<Loan> {
  try {
    return await cache.lend(leaf, config.source);
  } catch (err) {
    if (WeirError.is(err, "too-many-requests")) throw err;
    logger.warn({ path: leaf.path, err }, "a listed resource cannot be served");
    emit({ type: "originFailed", stream: config.path, code: WeirError.is(err) ? err.code : "internal" });
    throw err;
  }
}
