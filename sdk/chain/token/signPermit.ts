import { parseSignature } from "viem";
import { signTypedData } from "viem/actions";
import type { Deployment } from "../../core/deployment.ts";
import type { Hex } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";
import type { WriteClient } from "../clients.ts";
import { read } from "../internal/readAction.ts";
import { toWeirError } from "../internal/toWeirError.ts";
import { tokenDomain } from "./tokenDomain.ts";
import { tokenExtensionsAbi } from "./tokenExtensionsAbi.ts";

/** An EIP-2612 permit for the escrow, as `depositWithPermit` takes it. */
export interface Permit {
  /** Unix seconds. */
  readonly deadline: bigint;
  /** 27 or 28. */
  readonly v: number;
  readonly r: Hex;
  readonly s: Hex;
}

/** Options of `signPermit`. */
export interface SignPermitOptions {
  readonly deployment: Deployment;
  /** Token base units; exactly what is deposited with it. */
  readonly amount: bigint;
  /** Unix seconds; the last moment of the permit. */
  readonly deadline: bigint;
}

const permitTypes = {
  Permit: [
    { name: "owner", type: "address" },
    { name: "spender", type: "address" },
    { name: "value", type: "uint256" },
    { name: "nonce", type: "uint256" },
    { name: "deadline", type: "uint256" },
  ],
} as const;

/**
 * Lets the client's account sign an EIP-2612 permit for the escrow. It reads the account's permit nonce from the token.
 *
 * @throws WeirError `wrong-token` if the token takes no permits, `request-declined`, `chain-unavailable`
 */
export async function signPermit(client: WriteClient, options: SignPermitOptions): Promise<Permit> {
  const { amount: value, deadline, deployment } = options;
  const { chainId, paymentChannels, token } = deployment;
  if (!token.permit) throw new WeirError("wrong-token", `${token.symbol} takes no permits`);
  const { account } = client;
  const owner = account.address;
  const call = { address: token.address, abi: tokenExtensionsAbi, functionName: "nonces", args: [owner] } as const;
  const nonce = (await read(client, call)) as bigint;
  try {
    const signature = await signTypedData(client, {
      account,
      domain: tokenDomain(chainId, token),
      types: permitTypes,
      primaryType: "Permit",
      message: { owner, spender: paymentChannels.address, value, nonce, deadline },
    });
    const { r, s, yParity } = parseSignature(signature);
    return { deadline, v: 27 + yParity, r, s };
  } catch (error) {
    throw toWeirError(error);
  }
}
