import { signTypedData } from "viem/actions";
import { authorizationNonce } from "../../core/authorization.ts";
import { paymentChannelsDomain } from "../../core/deployment.ts";
import type { Deployment } from "../../core/deployment.ts";
import { domainSeparator } from "../../core/domain.ts";
import type { Address, Hex } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";
import type { WriteClient } from "../clients.ts";
import { toWeirError } from "../internal/toWeirError.ts";
import { tokenDomain } from "./tokenDomain.ts";

/** An ERC-3009 authorization for the escrow, as `depositWithAuthorization` takes it. */
export interface DepositAuthorization {
  /** Whose tokens they are. */
  readonly from: Address;
  /** Unix seconds; the moment before the first. */
  readonly validAfter: bigint;
  /** Unix seconds; the moment after the last. */
  readonly validBefore: bigint;
  /** Tells authorizations of equal purpose apart. */
  readonly salt: Hex;
  /** 65 bytes of a plain key, or whatever a contract wallet makes. */
  readonly signature: Hex;
}

/** Options of `signAuthorization`. */
export interface SignAuthorizationOptions {
  readonly deployment: Deployment;
  /** The session key whose account is to be credited. */
  readonly signer: Address;
  /** The wallet that owns, or will own, that account. Default: the client's account. */
  readonly owner?: Address | undefined;
  /** Token base units; exactly what is deposited with it. */
  readonly amount: bigint;
  /** Any fresh 32 bytes. */
  readonly salt: Hex;
  /** Unix seconds; the authorization is good after this moment. Default 0. */
  readonly validAfter?: bigint | undefined;
  /** Unix seconds; the authorization is good before this moment. */
  readonly validBefore: bigint;
}

const authorizationTypes = {
  ReceiveWithAuthorization: [
    { name: "from", type: "address" },
    { name: "to", type: "address" },
    { name: "value", type: "uint256" },
    { name: "validAfter", type: "uint256" },
    { name: "validBefore", type: "uint256" },
    { name: "nonce", type: "bytes32" },
  ],
} as const;

/**
 * Lets the client's account sign an ERC-3009 authorization that is good for one deposit into one account of this escrow:
 * its nonce commits to both. Whoever holds it can send the deposit, and nothing else; the wallet pays no gas.
 *
 * @throws WeirError `wrong-token` if the token takes no authorizations, `request-declined`, `malformed-message`
 */
export async function signAuthorization(
  client: WriteClient,
  options: SignAuthorizationOptions,
): Promise<DepositAuthorization> {
  const { account } = client;
  const { amount: value, deployment, owner = account.address, salt, signer, validAfter = 0n, validBefore } = options;
  const { chainId, paymentChannels, token } = deployment;
  if (!token.authorization) throw new WeirError("wrong-token", `${token.symbol} takes no authorizations`);
  const nonce = authorizationNonce(domainSeparator(paymentChannelsDomain(deployment)), { signer, owner, salt });
  const from = account.address;
  try {
    const signature = await signTypedData(client, {
      account,
      domain: tokenDomain(chainId, token),
      types: authorizationTypes,
      primaryType: "ReceiveWithAuthorization",
      message: { from, to: paymentChannels.address, value, validAfter, validBefore, nonce },
    });
    return { from, validAfter, validBefore, salt, signature };
  } catch (error) {
    throw toWeirError(error);
  }
}
