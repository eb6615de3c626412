import type { Address } from "../../core/hex.ts";
import type { ReadClient } from "../clients.ts";
import { readAction } from "../internal/readAction.ts";
import type { DeploymentOptions, ReadAt } from "../internal/readAction.ts";
import { rewardsDistributorCall } from "../internal/rewardsDistributorCall.ts";

/** What was fixed when the rewards distributor was deployed: `rewards = rho * F * (1 - e^(-lambda * S / F))` for fees F and stake S. */
export interface RewardsParameters {
  /** Where the fees are. */
  readonly paymentChannels: Address;
  /** Where the rewards go. */
  readonly stakeManager: Address;
  /** rho in hundredths of a percent: no more of its fees comes back to any operator. */
  readonly rhoBps: number;
  /** lambda with 18 decimals: how soon more stake stops to matter. */
  readonly lambda: bigint;
}

const readPaymentChannels = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  rewardsDistributorCall(deployment, "PAYMENT_CHANNELS", []),
);
const readStakeManager = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  rewardsDistributorCall(deployment, "STAKE_MANAGER", []),
);
const readRhoBps = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  rewardsDistributorCall(deployment, "RHO_BPS", []),
);
const readLambda = /* @__PURE__ */ readAction(({ deployment }: DeploymentOptions) =>
  rewardsDistributorCall(deployment, "LAMBDA", []),
);

/** What was fixed when the rewards distributor was deployed. */
export async function readRewardsParameters(
  client: ReadClient,
  options: DeploymentOptions & ReadAt,
): Promise<RewardsParameters> {
  const [paymentChannels, stakeManager, rhoBps, lambda] = await Promise.all([
    readPaymentChannels(client, options),
    readStakeManager(client, options),
    readRhoBps(client, options),
    readLambda(client, options),
  ]);
  return { paymentChannels, stakeManager, rhoBps: Number(rhoBps), lambda };
}
