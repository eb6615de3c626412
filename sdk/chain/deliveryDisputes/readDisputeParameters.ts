import type { Address } from "../../core/hex.ts";
import type { ReadClient } from "../clients.ts";
import { deliveryDisputesCall } from "../internal/deliveryDisputesCall.ts";
import { readAction } from "../internal/readAction.ts";
import type { DeploymentOptions, ReadAt } from "../internal/readAction.ts";

/** What was fixed when the disputes were deployed. */
export interface DisputeParameters {
  /** In whose domain deliveries are signed. */
  readonly paymentChannels: Address;
  /** Tells who answers for an agent. */
  readonly operatorRegistry: Address;
  /** What slashes. */
  readonly stakeManager: Address;
  /** A report follows its commitment after at least so many seconds. */
  readonly minCommitAge: bigint;
  /** And before so many. */
  readonly maxCommitAge: bigint;
}

const readPaymentChannels = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  deliveryDisputesCall(deployment, "PAYMENT_CHANNELS", []),
);
const readOperatorRegistry = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  deliveryDisputesCall(deployment, "OPERATOR_REGISTRY", []),
);
const readStakeManager = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  deliveryDisputesCall(deployment, "STAKE_MANAGER", []),
);
const readMinCommitAge = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  deliveryDisputesCall(deployment, "MIN_COMMIT_AGE", []),
);
const readMaxCommitAge = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  deliveryDisputesCall(deployment, "MAX_COMMIT_AGE", []),
);

/** What was fixed when the disputes were deployed. */
export async function readDisputeParameters(
  client: ReadClient,
  options: DeploymentOptions & ReadAt,
): Promise<DisputeParameters> {
  const [paymentChannels, operatorRegistry, stakeManager, minCommitAge, maxCommitAge] = await Promise.all([
    readPaymentChannels(client, options),
    readOperatorRegistry(client, options),
    readStakeManager(client, options),
    readMinCommitAge(client, options),
    readMaxCommitAge(client, options),
  ]);
  return { paymentChannels, operatorRegistry, stakeManager, minCommitAge, maxCommitAge };
}
