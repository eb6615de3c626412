import type { ReadClient } from "../clients.ts";
import { operatorRegistryCall } from "../internal/operatorRegistryCall.ts";
import { readAction } from "../internal/readAction.ts";
import type { DeploymentOptions, ReadAt } from "../internal/readAction.ts";

/** What was fixed when the registry was deployed, in seconds. */
export interface RegistryParameters {
  /** How long a revoked agent's deliveries can be held against its operator. */
  readonly disputeWindow: bigint;
  /** How long before an operator's own choice of beneficiary takes effect. */
  readonly beneficiaryDelay: bigint;
}

const readDisputeWindow = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  operatorRegistryCall(deployment, "DISPUTE_WINDOW", []),
);
const readBeneficiaryDelay = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  operatorRegistryCall(deployment, "BENEFICIARY_DELAY", []),
);

/** What was fixed when the registry was deployed. */
export async function readRegistryParameters(
  client: ReadClient,
  options: DeploymentOptions & ReadAt,
): Promise<RegistryParameters> {
  const [disputeWindow, beneficiaryDelay] = await Promise.all([
    readDisputeWindow(client, options),
    readBeneficiaryDelay(client, options),
  ]);
  return { disputeWindow, beneficiaryDelay };
}
