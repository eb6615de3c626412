/** What stands behind one operator. Amounts are token base units. */
export interface OperatorStake {
  /** Its own, bonded. Lost first. */
  readonly own: bigint;
  /** Its own on the way out; can still be slashed. */
  readonly ownUnbonding: bigint;
  /** Of all delegators, bonded. */
  readonly delegated: bigint;
  /** Of all delegators on the way out; can still be slashed. */
  readonly delegatedUnbonding: bigint;
  /** How much more can be delegated. */
  readonly delegationRoom: bigint;
  /** Counts for its next rewards: the smaller of what there was when the epoch began and what there is now. Zero unless active. */
  readonly rewardable: bigint;
  /** What it keeps of its delegators' rewards, in hundredths of a percent. */
  readonly commissionBps: number;
  /** Whether it has enough own stake, and an agent in office that no slash retired. */
  readonly active: boolean;
}
