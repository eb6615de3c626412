/** What decides an operator's rewards. */
export interface Curve {
  /** The most that comes back, as a part of the fees. */
  readonly rho: number;
  readonly lambda: number;
}

/** `rho * fees * (1 - e^(-lambda * stake / fees))`, as RewardCurve.sol computes it, in tokens. */
export function reward({ rho, lambda }: Curve, fees: number, stake: number): number {
  return fees === 0 ? 0 : rho * fees * -Math.expm1((-lambda * stake) / fees);
}
