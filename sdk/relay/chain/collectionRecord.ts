import { aloneCost } from "../../exchange/index.ts";
import type { CollectCosts } from "../../exchange/index.ts";
import type { CollectionRecord } from "../store/relayRecords.ts";
import type { RelayTransaction } from "../store/relayStore.ts";
import type { TransactionOutcome } from "./collectorWallet.ts";
import type { ChainBlock } from "./relayChain.ts";

const ETHER = 10n ** 18n;

/**
 * What became of a transaction, for the history.
 *
 * @param outcome absent if something else used its nonce, or if the node does not know: then nothing is known but that
 * @param seen the block at which it was found out
 */
export function collectionRecord(
  { nonce, channels, reason = "worth" }: RelayTransaction,
  outcome: TransactionOutcome | undefined,
  seen: ChainBlock,
  costs: Omit<CollectCosts, "gasPrice">,
): CollectionRecord {
  const counts = {
    funds: channels.filter(({ funding }) => funding !== 0n).length,
    settles: channels.filter(({ settling }) => settling !== 0n).length,
    closes: channels.filter(({ close }) => close).length,
  };
  if (outcome === undefined) {
    const nothing = { gasUsed: 0n, gasPrice: 0n, cost: 0n, value: 0n, alone: 0n };
    return { nonce, reason, block: seen.number, minedAt: seen.time, ...nothing, ...counts };
  }
  const { hash, block, minedAt, gasUsed, gasPrice, value } = outcome;
  const priced = { ...costs, gasPrice };
  const alone = channels.reduce(
    (sum, { funding, settling, close }) =>
      sum + aloneCost(priced, { fund: funding !== 0n, settle: settling !== 0n, close }),
    0n,
  );
  const cost = (gasUsed * gasPrice * costs.tokenPerEther + ETHER - 1n) / ETHER;
  return { nonce, hash, reason, block, minedAt, gasUsed, gasPrice, cost, value, ...counts, alone };
}
