import { hashWords } from "./abiWords.ts";
import type { Address, Hex } from "./hex.ts";

const NONCE_FIELDS = [
  { name: "domainSeparator", type: "bytes32" },
  { name: "signer", type: "address" },
  { name: "owner", type: "address" },
  { name: "salt", type: "bytes32" },
] as const;

/**
 * The ERC-3009 nonce of a gasless deposit: `keccak256(abi.encode(domainSeparator, signer, owner, salt))`. It ties the
 * wallet's token authorization to one account of one escrow, so that whoever sends it cannot credit another.
 *
 * @param domainSeparator of PaymentChannels
 * @param account the session key and the wallet that owns its account; `salt` is any fresh 32 bytes
 * @throws WeirError `malformed-message` if a field has the wrong form
 */
export function authorizationNonce(
  domainSeparator: Hex,
  account: { readonly signer: Address; readonly owner: Address; readonly salt: Hex },
): Hex {
  const { signer, owner, salt } = account;
  return hashWords(NONCE_FIELDS, { domainSeparator, signer, owner, salt });
}
