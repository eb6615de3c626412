import { domainSeparator, erc20Abi, zeroAddress, zeroHash } from "viem";
import type { Abi } from "viem";
import { getChainId } from "viem/actions";
import type { DeploymentToken } from "../../core/deployment.ts";
import type { Address } from "../../core/hex.ts";
import { WeirError } from "../../core/weirError.ts";
import type { ReadClient } from "../clients.ts";
import { read } from "../internal/readAction.ts";
import { readEip712Domain } from "../internal/readEip712Domain.ts";
import { toWeirError } from "../internal/toWeirError.ts";
import { tokenDomain } from "./tokenDomain.ts";
import { tokenExtensionsAbi } from "./tokenExtensionsAbi.ts";

/** Options of `readToken`. */
export interface ReadTokenOptions {
  readonly address: Address;
}

type SigningName = Pick<DeploymentToken, "name" | "version">;

/**
 * What a deployment file says about a token: its names, its decimals, and whether it takes permits (EIP-2612) and
 * authorizations (ERC-3009). A token whose EIP-712 domain cannot be told for certain counts as taking neither: a signature
 * over a guessed domain is worthless.
 *
 * @throws WeirError `wrong-contract` if there is no ERC-20 with a symbol and decimals at the address
 */
export async function readToken(client: ReadClient, { address }: ReadTokenOptions): Promise<DeploymentToken> {
  const erc20 = async (functionName: "decimals" | "name" | "symbol"): Promise<unknown> =>
    read(client, { address, abi: erc20Abi, functionName, args: [] });
  const [symbol, decimals, name] = await Promise.all([erc20("symbol"), erc20("decimals"), erc20("name")]);
  const signing = await readSigningName(client, address, String(name));
  const [permit, authorization] = await Promise.all([
    readIfThere(client, address, tokenExtensionsAbi, "nonces", [zeroAddress]),
    readIfThere(client, address, tokenExtensionsAbi, "authorizationState", [zeroAddress, zeroHash]),
  ]);
  return {
    address,
    symbol: String(symbol),
    decimals: Number(decimals),
    ...(signing ?? { name: String(name) }),
    permit: signing !== undefined && permit !== undefined,
    authorization: signing !== undefined && authorization !== undefined,
  };
}

/** The EIP-712 name and version: stated through EIP-5267, or the guess that the token's separator confirms. */
async function readSigningName(client: ReadClient, address: Address, name: string): Promise<SigningName | undefined> {
  const [stated, separator, version] = await Promise.all([
    optional(async () => readEip712Domain(client, { address })),
    readIfThere(client, address, tokenExtensionsAbi, "DOMAIN_SEPARATOR"),
    readIfThere(client, address, tokenExtensionsAbi, "version"),
  ]);
  const candidates: readonly SigningName[] = [
    ...(stated === undefined ? [] : [{ name: stated.name, version: stated.version }, { name: stated.name }]),
    ...(typeof version !== "string" ? [] : [{ name, version }]),
    { name, version: "1" },
    { name },
  ];
  const chainId = await currentChainId(client);
  return candidates.find((it) => domainSeparator({ domain: tokenDomain(chainId, { address, ...it }) }) === separator);
}

async function currentChainId(client: ReadClient): Promise<number> {
  try {
    return await getChainId(client);
  } catch (error) {
    throw toWeirError(error);
  }
}

async function readIfThere(
  client: ReadClient,
  address: Address,
  abi: Abi,
  functionName: string,
  args: readonly unknown[] = [],
): Promise<unknown> {
  return optional(async () => read(client, { address, abi, functionName, args }));
}

/** Absent if the contract does not answer as it should; a node that fails says nothing about the contract. */
async function optional<Value>(attempt: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await attempt();
  } catch (error) {
    if (WeirError.is(error, "chain-unavailable")) throw error;
    return undefined;
  }
}
