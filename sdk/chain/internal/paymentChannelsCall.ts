import type { ContractFunctionName } from "viem";
import { paymentChannelsAbi } from "../../abis/paymentChannels.ts";
import type { Deployment } from "../../core/deployment.ts";
import type { CallOf } from "../contractCall.ts";

/** A call of PaymentChannels; one function's if it is named. */
export type PaymentChannelsCall<
  Name extends ContractFunctionName<typeof paymentChannelsAbi> = ContractFunctionName<typeof paymentChannelsAbi>,
> = CallOf<typeof paymentChannelsAbi, Name>;

/** Names the contract of a deployment, the function and its arguments. */
export function paymentChannelsCall<Name extends ContractFunctionName<typeof paymentChannelsAbi>>(
  deployment: Deployment,
  functionName: Name,
  args: PaymentChannelsCall<Name>["args"],
): PaymentChannelsCall<Name> {
  return { address: deployment.paymentChannels.address, abi: paymentChannelsAbi, functionName, args };
}
