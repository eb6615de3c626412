import { assertUint, bytesToHex } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { hashWords } from "./abiWords.ts";
import { keccak256 } from "./keccak256.ts";

/** The EIP-712 domain of a deployed Weir contract; fits viem's and ethers' `domain` argument. */
export interface WeirDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint | number;
  readonly verifyingContract: Address;
  /** The contract's own salt, from EIP-5267 or the deployment file: two networks may share one chain id. */
  readonly salt: Hex;
}

/** The EIP-712 domain of manifests: no chain and no contract, because a stream exists without any. */
export interface ManifestDomain {
  readonly name: string;
  readonly version: string;
}

/** What every Weir domain begins with. */
export const manifestDomain = { name: "Weir", version: "1" } as const satisfies ManifestDomain;

/** The domain of a Weir contract: the fixed name and version with what differs between deployments. */
export function weirDomain(contract: Pick<WeirDomain, "chainId" | "verifyingContract" | "salt">): WeirDomain {
  const { chainId, verifyingContract, salt } = contract;
  return { ...manifestDomain, chainId, verifyingContract, salt };
}

const CONTRACT_DOMAIN_TYPE =
  "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)";
const MANIFEST_DOMAIN_TYPE = "EIP712Domain(string name,string version)";

/**
 * The EIP-712 domain separator. Compute it once per contract and pass it on instead of the domain: it costs four hashes.
 *
 * @throws WeirError `malformed-message` if a field has the wrong form
 */
export function domainSeparator(domain: WeirDomain | ManifestDomain): Hex {
  const name = hashText(domain.name);
  const version = hashText(domain.version);
  if (!("verifyingContract" in domain)) return hashWords([], {}, hashText(MANIFEST_DOMAIN_TYPE), name, version);
  const chainId = BigInt(domain.chainId);
  assertUint(chainId, 256, "chainId");
  return hashWords(CONTRACT_FIELDS, { ...domain, chainId }, hashText(CONTRACT_DOMAIN_TYPE), name, version);
}

const CONTRACT_FIELDS = [
  { name: "chainId", type: "uint256" },
  { name: "verifyingContract", type: "address" },
  { name: "salt", type: "bytes32" },
] as const;

function hashText(text: string): Uint8Array {
  return keccak256(new TextEncoder().encode(text));
}

/** The hash of a type string, as EIP-712 wants it in front of the fields. */
export function typeStringHash(typeString: string): Hex {
  return bytesToHex(hashText(typeString));
}
