import type { Address, Hex } from "../../core/hex.ts";
import { readAction } from "./readAction.ts";
import type { CallOf } from "../contractCall.ts";

const eip712DomainAbi = [
  {
    type: "function",
    name: "eip712Domain",
    stateMutability: "view",
    inputs: [],
    outputs: [
      { name: "fields", type: "bytes1" },
      { name: "name", type: "string" },
      { name: "version", type: "string" },
      { name: "chainId", type: "uint256" },
      { name: "verifyingContract", type: "address" },
      { name: "salt", type: "bytes32" },
      { name: "extensions", type: "uint256[]" },
    ],
  },
] as const;

/** What a contract states through EIP-5267; `fields` is the bit map of those that its domain has. */
export interface Eip712Domain {
  readonly fields: Hex;
  readonly name: string;
  readonly version: string;
  readonly chainId: bigint;
  readonly verifyingContract: Address;
  readonly salt: Hex;
  readonly extensions: readonly bigint[];
}

/** The call of `readEip712Domain`. */
function eip712DomainCall({ address }: { readonly address: Address }): CallOf<typeof eip712DomainAbi, "eip712Domain"> {
  return { address, abi: eip712DomainAbi, functionName: "eip712Domain", args: [] };
}

/** What the contract at `address` states through EIP-5267. */
export const readEip712Domain = /* @__PURE__ */ readAction(
  eip712DomainCall,
  ([fields, name, version, chainId, verifyingContract, salt, extensions]): Eip712Domain => ({
    fields,
    name,
    version,
    chainId,
    verifyingContract,
    salt,
    extensions,
  }),
);
