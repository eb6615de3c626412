import { erc20Abi } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { CallOf } from "../contractCall.ts";
import { readAction } from "../internal/readAction.ts";
import type { TokenSpender } from "./approve.ts";

/** Options of `readTokenAllowance`. */
export interface ReadTokenAllowanceOptions {
  readonly deployment: Deployment;
  readonly owner: Address;
  /** Who may take the tokens. Default: the escrow. */
  readonly spender?: TokenSpender | undefined;
}

/** The call of `readTokenAllowance`. */
export function readTokenAllowanceCall(options: ReadTokenAllowanceOptions): CallOf<typeof erc20Abi, "allowance"> {
  const { deployment, owner, spender = "paymentChannels" } = options;
  const args = [owner, deployment[spender].address] as const;
  return { address: deployment.token.address, abi: erc20Abi, functionName: "allowance", args };
}

/** How much the escrow or the stake manager may still take from a wallet, in base units. */
export const readTokenAllowance = /* @__PURE__ */ readAction(readTokenAllowanceCall);
