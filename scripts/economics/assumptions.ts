/** What the figures of `docs/economics.md` assume beyond the parameters. Each is stated there. */
export const assumptions = {
  /** Dollars that a token is worth. */
  tokenUsd: 1,
  /** Dollars that the chain's coin is worth. */
  coinUsd: 3_000,
  /** What capital earns elsewhere, in a year. */
  capitalPerYear: 0.05,
  /** What a relay asks, in tokens for a GiB: five for a TiB. */
  pricePerGiB: 5 / 1_024,
  /** What an attacker pays himself in an epoch, in tokens. */
  volume: 100_000,
} as const;
