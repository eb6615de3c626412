import { weirDomain } from "./domain.ts";
import type { WeirDomain } from "./domain.ts";
import { assertAddress, assertHex, checksumAddress } from "./hex.ts";
import type { Address, Hex } from "./hex.ts";
import { WeirError } from "./weirError.ts";

/** The ERC-20 that a deployment pays in. */
export interface DeploymentToken {
  readonly address: Address;
  readonly symbol: string;
  readonly decimals: number;
  /** The token's own EIP-712 name and version, needed for permits and authorizations. */
  readonly name: string;
  readonly version?: string;
  /** Whether it has EIP-2612 `permit`. */
  readonly permit: boolean;
  /** Whether it has ERC-3009 `receiveWithAuthorization`. */
  readonly authorization: boolean;
}

/** One deployed Weir contract. */
export interface DeployedContract {
  readonly address: Address;
  /** The block it was deployed in: where to begin reading events. */
  readonly deployedAt: number;
}

/** A contract that messages are signed for. */
export interface VerifyingContract extends DeployedContract {
  /** The salt of its EIP-712 domain. */
  readonly salt: Hex;
}

/** Where Weir lives on one network for one token. Configuration: never take it from a server. */
export interface Deployment {
  /** The name of the network, as in `deployments/<network>/`. */
  readonly network: string;
  readonly chainId: number;
  readonly token: DeploymentToken;
  readonly paymentChannels: VerifyingContract;
  readonly operatorRegistry: VerifyingContract;
  readonly stakeManager: DeployedContract;
  readonly rewardsDistributor: DeployedContract;
  readonly deliveryDisputes: DeployedContract;
  /** The escrow's fee in hundredths of a percent. */
  readonly feeBps: number;
}

/** The EIP-712 domain of the escrow: of every message but `Agent` and `Manifest`. */
export function paymentChannelsDomain(deployment: Deployment): WeirDomain {
  const { address, salt } = deployment.paymentChannels;
  return weirDomain({ chainId: deployment.chainId, verifyingContract: address, salt });
}

/** The EIP-712 domain of the operator registry: of `Agent`. */
export function operatorRegistryDomain(deployment: Deployment): WeirDomain {
  const { address, salt } = deployment.operatorRegistry;
  return weirDomain({ chainId: deployment.chainId, verifyingContract: address, salt });
}

/**
 * Reads a deployment file. Strict, because money follows it: unknown members are refused (a misspelt optional one would
 * otherwise be ignored), and so is an address in mixed case whose EIP-55 checksum is wrong.
 *
 * @param json the value that JSON.parse made of `deployments/<network>/<token>.json`
 * @throws WeirError `malformed-message` naming the member
 */
export function parseDeployment(json: unknown): Deployment {
  const file = members(json, "deployment", [
    "network",
    "chainId",
    "token",
    "paymentChannels",
    "operatorRegistry",
    "stakeManager",
    "rewardsDistributor",
    "deliveryDisputes",
    "feeBps",
  ]);
  return {
    network: text(file.network, "network"),
    chainId: integer(file.chainId, "chainId", 1, Number.MAX_SAFE_INTEGER),
    token: parseToken(file.token),
    paymentChannels: parseVerifyingContract(file.paymentChannels, "paymentChannels"),
    operatorRegistry: parseVerifyingContract(file.operatorRegistry, "operatorRegistry"),
    stakeManager: parseContract(file.stakeManager, "stakeManager"),
    rewardsDistributor: parseContract(file.rewardsDistributor, "rewardsDistributor"),
    deliveryDisputes: parseContract(file.deliveryDisputes, "deliveryDisputes"),
    feeBps: integer(file.feeBps, "feeBps", 0, 1_000),
  };
}

function parseToken(json: unknown): DeploymentToken {
  const token = members(json, "token", ["address", "symbol", "decimals", "name", "version", "permit", "authorization"]);
  return {
    address: address(token.address, "token.address"),
    symbol: text(token.symbol, "token.symbol"),
    decimals: integer(token.decimals, "token.decimals", 0, 77),
    name: text(token.name, "token.name"),
    ...(token.version === undefined ? {} : { version: text(token.version, "token.version") }),
    permit: flag(token.permit, "token.permit"),
    authorization: flag(token.authorization, "token.authorization"),
  };
}

function parseVerifyingContract(json: unknown, name: string): VerifyingContract {
  const { salt, ...contract } = members(json, name, ["address", "salt", "deployedAt"]);
  assertHex(salt, 32, `${name}.salt`);
  return { ...parseContract(contract, name), salt };
}

function parseContract(json: unknown, name: string): DeployedContract {
  const contract = members(json, name, ["address", "deployedAt"]);
  return {
    address: address(contract.address, `${name}.address`),
    deployedAt: integer(contract.deployedAt, `${name}.deployedAt`, 0, Number.MAX_SAFE_INTEGER),
  };
}

function members(json: unknown, name: string, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw malformed(`${name} is not an object`);
  const stranger = Object.keys(json).find((key) => !known.includes(key));
  if (stranger !== undefined) throw malformed(`${name} has an unknown member ${JSON.stringify(stranger)}`);
  return json as Readonly<Record<string, unknown>>;
}

function address(value: unknown, name: string): Address {
  assertAddress(value, name);
  const digits = value.slice(2);
  const oneCase = digits === digits.toLowerCase() || digits === digits.toUpperCase();
  if (!oneCase && checksumAddress(value) !== value) throw malformed(`${name} has a wrong checksum`);
  return value;
}

function text(value: unknown, name: string): string {
  if (typeof value !== "string" || value === "") throw malformed(`${name} is not a text`);
  return value;
}

function integer(value: unknown, name: string, min: number, max: number): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max) {
    throw malformed(`${name} is not a whole number from ${String(min)} to ${String(max)}`);
  }
  return value;
}

function flag(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw malformed(`${name} is neither true nor false`);
  return value;
}

function malformed(message: string): WeirError {
  return new WeirError("malformed-message", message);
}
