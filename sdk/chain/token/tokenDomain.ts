import type { TypedDataDomain } from "viem";
import type { DeploymentToken } from "../../core/deployment.ts";

/** The EIP-712 domain of a token, as nearly all tokens with permits have it. */
export function tokenDomain(
  chainId: number,
  { address, name, version }: Pick<DeploymentToken, "address" | "name" | "version">,
): TypedDataDomain {
  return { name, ...(version === undefined ? {} : { version }), chainId, verifyingContract: address };
}
