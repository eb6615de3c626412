import { erc20Abi } from "viem";
import type { Deployment } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import type { CallOf } from "../contractCall.ts";
import { readAction } from "../internal/readAction.ts";

/** Options of `readTokenBalance`. */
export interface ReadTokenBalanceOptions {
  readonly deployment: Deployment;
  readonly owner: Address;
}

/** The call of `readTokenBalance`. */
export function readTokenBalanceCall(options: ReadTokenBalanceOptions): CallOf<typeof erc20Abi, "balanceOf"> {
  const { deployment, owner } = options;
  return { address: deployment.token.address, abi: erc20Abi, functionName: "balanceOf", args: [owner] };
}

/** What a wallet (or the escrow) holds of the deployment's token, in base units. */
export const readTokenBalance = /* @__PURE__ */ readAction(readTokenBalanceCall);
