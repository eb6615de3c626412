import { erc20Abi } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { CallOf } from "../contractCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readTokenAllowance`. */
export interface ReadTokenAllowanceOptions {
  readonly deployment: Deployment;
  readonly owner: Address;
}

/** The call of `readTokenAllowance`. */
export function readTokenAllowanceCall(options: ReadTokenAllowanceOptions): CallOf<typeof erc20Abi, "allowance"> {
  const { paymentChannels, token } = options.deployment;
  const args = [options.owner, paymentChannels.address] as const;
  return { address: token.address, abi: erc20Abi, functionName: "allowance", args };
}

/** How much the escrow may still take from a wallet by `deposit`, in base units. */
export const readTokenAllowance = /* @__PURE__ */ readAction(readTokenAllowanceCall);
