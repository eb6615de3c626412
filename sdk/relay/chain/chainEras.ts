import type { RelayStore } from "../store/relayStore.ts";
import type { RelayChain } from "./relayChain.ts";

/**
 * Eras of a chain: a new one begins whenever blocks that were read turn out to be replaced by others. Within an era a view
 * at a higher block is the newer one; across eras the later era's is, at whatever block.
 */
export interface ChainEras {
  /** The same chain, with views that carry their era. */
  readonly chain: RelayChain;
  /** Begins a new era, for every process on the store. */
  readonly begin: () => Promise<void>;
  /** Takes up an era that another process began. */
  readonly sync: () => Promise<void>;
}

/** Under which name the era is remembered. */
const NAME = "chain era";

/** The eras as the store remembers them. */
export async function openChainEras(
  chain: RelayChain,
  store: Pick<RelayStore, "highest" | "raise" | "shared">,
): Promise<ChainEras> {
  const stored = async (): Promise<number> => Number((await store.highest(NAME)) ?? 0n);
  let current = await stored();
  return {
    chain: {
      ...chain,
      async view(channel, at) {
        // The era of before the reading: what is read while another one begins may be of either.
        const era = current;
        const view = await chain.view(channel, at);
        return era === 0 ? view : { ...view, era };
      },
    },
    async begin() {
      await store.raise(NAME, BigInt(current + 1));
      current += 1;
    },
    async sync() {
      if (store.shared) current = Math.max(current, await stored());
    },
  };
}
