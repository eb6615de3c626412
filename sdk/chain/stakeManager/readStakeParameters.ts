import type { Address } from "../../core/hex.ts";
import type { ReadClient } from "../clients.ts";
import { readAction } from "../internal/readAction.ts";
import type { DeploymentOptions, ReadAt } from "../internal/readAction.ts";
import { stakeManagerCall } from "../internal/stakeManagerCall.ts";

/** What was fixed when the stake manager was deployed. Amounts are token base units, parts hundredths of a percent. */
export interface StakeParameters {
  readonly token: Address;
  readonly operatorRegistry: Address;
  /** Adds rewards. */
  readonly rewardsDistributor: Address;
  /** Slashes. */
  readonly deliveryDisputes: Address;
  /** The least own stake of an active operator. */
  readonly minSelfStake: bigint;
  /** What one accepted proof takes. */
  readonly slashAmount: bigint;
  /** The reporter's part of what the operator itself loses. */
  readonly reporterBps: number;
  /** At most so many times its own stake can be delegated to an operator. */
  readonly delegationRatio: number;
  /** Seconds. */
  readonly epochLength: number;
  /** Seconds from `unbond` to `withdrawStake`. */
  readonly unbondingPeriod: number;
  /** The most that an operator can keep of its delegators' rewards. */
  readonly maxCommissionBps: number;
  /** The most by which a commission rises in one epoch while anyone delegates. */
  readonly maxCommissionStepBps: number;
}

const readToken = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "TOKEN", []),
);
const readOperatorRegistry = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "OPERATOR_REGISTRY", []),
);
const readRewardsDistributor = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "REWARDS_DISTRIBUTOR", []),
);
const readDeliveryDisputes = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "DELIVERY_DISPUTES", []),
);
const readMinSelfStake = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "MIN_SELF_STAKE", []),
);
const readSlashAmount = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "SLASH_AMOUNT", []),
);
const readReporterBps = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "REPORTER_BPS", []),
);
const readDelegationRatio = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "DELEGATION_RATIO", []),
);
const readEpochLength = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "EPOCH_LENGTH", []),
);
const readUnbondingPeriod = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "UNBONDING_PERIOD", []),
);
const readMaxCommissionBps = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "MAX_COMMISSION_BPS", []),
);
const readMaxCommissionStepBps = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  stakeManagerCall(deployment, "MAX_COMMISSION_STEP_BPS", []),
);

/** What was fixed when the stake manager was deployed. */
export async function readStakeParameters(
  client: ReadClient,
  options: DeploymentOptions & ReadAt,
): Promise<StakeParameters> {
  const [
    token,
    operatorRegistry,
    rewardsDistributor,
    deliveryDisputes,
    minSelfStake,
    slashAmount,
    reporterBps,
    delegationRatio,
    epochLength,
    unbondingPeriod,
    maxCommissionBps,
    maxCommissionStepBps,
  ] = await Promise.all([
    readToken(client, options),
    readOperatorRegistry(client, options),
    readRewardsDistributor(client, options),
    readDeliveryDisputes(client, options),
    readMinSelfStake(client, options),
    readSlashAmount(client, options),
    readReporterBps(client, options),
    readDelegationRatio(client, options),
    readEpochLength(client, options),
    readUnbondingPeriod(client, options),
    readMaxCommissionBps(client, options),
    readMaxCommissionStepBps(client, options),
  ]);
  return {
    token,
    operatorRegistry,
    rewardsDistributor,
    deliveryDisputes,
    minSelfStake,
    slashAmount,
    reporterBps,
    delegationRatio,
    epochLength,
    unbondingPeriod,
    maxCommissionBps,
    maxCommissionStepBps,
  };
}
