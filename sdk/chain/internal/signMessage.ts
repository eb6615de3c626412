import type { LocalAccount, TypedDataParameter } from "viem";
import type { WeirDomain } from "../../core/domain.ts";
import { compactSignature } from "../../core/signature.ts";
import type { CompactSignature, SessionSigner } from "../../core/signature.ts";
import { hashMessage, weirTypes } from "../../core/typedData.ts";
import type { DomainOf, WeirMessage, WeirTypeName } from "../../core/typedData.ts";

/** A key that signs messages: a session signer of the core, or a viem account with a key of its own. */
export type MessageSigner = SessionSigner | LocalAccount;

/** A name of a message of a contract's domain. */
type ContractMessageName = Exclude<WeirTypeName, "Manifest">;

/** Signs a message. A viem account signs typed data, so that hardware keys can show what they sign. */
export async function signMessage<Name extends ContractMessageName>(
  signer: MessageSigner,
  domain: WeirDomain & DomainOf<Name>,
  name: Name,
  message: WeirMessage<Name>,
): Promise<CompactSignature> {
  // Hashed for both: it checks every field, and names the one that does not fit.
  const digest = hashMessage(domain, name, message);
  if ("signDigest" in signer) return signer.signDigest(digest);
  const { chainId, ...rest } = domain;
  const primaryType: string = name;
  const types: Record<string, readonly TypedDataParameter[]> = { [name]: weirTypes[name] };
  const signature = await signer.signTypedData({
    domain: { ...rest, chainId: BigInt(chainId) },
    types,
    primaryType,
    message: message,
  });
  return compactSignature(signature);
}
