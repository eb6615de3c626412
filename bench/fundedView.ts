import type { ChainView } from "../sdk/exchange/index.ts";

/** What the chain says of a channel that holds more than a benchmark can spend, so that nothing is refused for want of money. */
export const fundedView: ChainView = {
  block: 1,
  deposit: 10n ** 24n,
  settledBytes: 0n,
  closeRequestedAt: 0,
  closed: false,
  balance: 10n ** 24n,
};
