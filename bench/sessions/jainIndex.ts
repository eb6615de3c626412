/**
 * Jain's index of fairness: 1 if all shares are equal, 1/n if one has everything.
 *
 * @param shares at least one, not all of them zero
 */
export function jainIndex(shares: readonly number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return (sum * sum) / (shares.length * squares);
}
