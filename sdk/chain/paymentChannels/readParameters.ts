import type { Address } from "../../core/hex.ts";
import type { ReadClient } from "../clients.ts";
import { paymentChannelsCall } from "../internal/paymentChannelsCall.ts";
import { readAction } from "../internal/readAction.ts";
import type { DeploymentOptions, ReadAt } from "../internal/readAction.ts";

/** What was fixed when the escrow was deployed. */
export interface EscrowParameters {
  readonly token: Address;
  readonly operatorRegistry: Address;
  /** The fee on settled amounts in hundredths of a percent. */
  readonly feeBps: number;
  /** The rewards distributor. */
  readonly feeCollector: Address;
}

const readToken = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  paymentChannelsCall(deployment, "TOKEN", []),
);
const readOperatorRegistry = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  paymentChannelsCall(deployment, "OPERATOR_REGISTRY", []),
);
const readFeeBps = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  paymentChannelsCall(deployment, "FEE_BPS", []),
);
const readFeeCollector = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  paymentChannelsCall(deployment, "FEE_COLLECTOR", []),
);

/** What was fixed when the escrow was deployed. A deployment file states the same; `verifyDeployment` compares. */
export async function readParameters(
  client: ReadClient,
  options: DeploymentOptions & ReadAt,
): Promise<EscrowParameters> {
  const [token, operatorRegistry, feeBps, feeCollector] = await Promise.all([
    readToken(client, options),
    readOperatorRegistry(client, options),
    readFeeBps(client, options),
    readFeeCollector(client, options),
  ]);
  return { token, operatorRegistry, feeBps: Number(feeBps), feeCollector };
}
