import type { Logger } from "../logger.ts";
import type { RelayListener } from "../relayEvents.ts";
import type { CollectorWallet, FeeOptions } from "./collectorWallet.ts";

/** The operator's limit on gas prices. Says once when it begins to keep something waiting, and once when that is over. */
export interface GasLimit {
  /** Whether a transaction may be sent at this price, in wei per gas. */
  readonly allows: (gasPrice: bigint) => boolean;
  /** Notes that a transaction that is stuck cannot offer more. */
  readonly stuck: (nonce: number) => Promise<void>;
}

/** What the limit needs from its relay. */
export interface GasLimitContext {
  readonly collect: { readonly wallet: CollectorWallet; readonly fees: Pick<FeeOptions, "maxGasPrice"> };
  readonly logger: Logger;
  readonly emit: RelayListener;
}

/** The limit of the settings, with nothing waiting for it. */
export function openGasLimit({ collect, logger, emit }: GasLimitContext): GasLimit {
  const { wallet, fees } = collect;
  const { maxGasPrice } = fees;
  let isWaiting = false;
  let stuckNonce: number | undefined;
  return {
    allows(gasPrice) {
      if (maxGasPrice === undefined || gasPrice <= maxGasPrice) {
        if (isWaiting) logger.info({ gasPrice: gasPrice.toString() }, "gas is below the limit again");
        isWaiting = false;
        return true;
      }
      if (!isWaiting) {
        const prices = { gasPrice: gasPrice.toString(), maxGasPrice: maxGasPrice.toString() };
        logger.warn(prices, "gas is above the limit that is set: what is due waits until it is cheaper");
        emit({ type: "gasCapWaiting", gasPrice, maxGasPrice });
      }
      isWaiting = true;
      return false;
    },
    async stuck(nonce) {
      if (stuckNonce === nonce) return;
      stuckNonce = nonce;
      const gasPrice = await wallet.gasPrice();
      const facts = { nonce, gasPrice: gasPrice.toString(), maxGasPrice: maxGasPrice?.toString() };
      logger.warn(facts, "a transaction that is stuck offers as much as it may, and waits");
      if (maxGasPrice !== undefined) emit({ type: "gasCapWaiting", gasPrice, maxGasPrice });
    },
  };
}
