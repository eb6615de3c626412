import type { AbiParameterToPrimitiveType } from "viem";
import type { deliveryDisputesAbi } from "../abis/deliveryDisputes.ts";
import type { operatorRegistryAbi } from "../abis/operatorRegistry.ts";
import type { paymentChannelsAbi } from "../abis/paymentChannels.ts";
import type { rewardsDistributorAbi } from "../abis/rewardsDistributor.ts";
import type { stakeManagerAbi } from "../abis/stakeManager.ts";
import type { Hex } from "../core/hex.ts";
import { WeirError } from "../core/weirError.ts";
import { contractErrorCures } from "./contractErrorCures.ts";
import type { tokenErrorsAbi } from "./token/tokenErrorsAbi.ts";

type ErrorItem = Extract<
  (
    | typeof paymentChannelsAbi
    | typeof operatorRegistryAbi
    | typeof stakeManagerAbi
    | typeof rewardsDistributorAbi
    | typeof deliveryDisputesAbi
    | typeof tokenErrorsAbi
  )[number],
  { readonly type: "error" }
>;

/** The name of a custom error of the contracts, or of a token that follows ERC-6093. */
export type ContractErrorName = ErrorItem["name"];

/** The arguments of a custom error by name. Empty, too, when the contract said nothing. */
export type ContractErrorArgs = Readonly<Record<string, unknown>>;

/** The arguments of one custom error, typed as the contract declares them; a union if contracts declare it differently. */
export type ContractErrorArgsOf<Name extends ContractErrorName> = ArgsOf<Extract<ErrorItem, { readonly name: Name }>>;

type ArgsOf<Item extends ErrorItem> = Item extends ErrorItem
  ? { readonly [Input in Item["inputs"][number] as Input["name"]]: AbiParameterToPrimitiveType<Input> }
  : never;

/** What a `ContractError` may know beside the error itself. */
export interface ContractErrorOptions {
  /** The transaction that was mined and reverted. */
  readonly transactionHash?: Hex | undefined;
  /** Facts for a person or a log. */
  readonly details?: string | undefined;
  readonly cause?: unknown;
}

/**
 * A contract refused a call. `code` is the SDK's own where there is one for the case (`channel-closed`), otherwise
 * `contract-reverted`; `errorName` and `args` are the contract's custom error, decoded.
 *
 * @example
 * catch (error) {
 *   if (isContractError(error, "GracePeriodNotOver")) retryAt(error.args.closableAt);
 * }
 */
export class ContractError extends WeirError {
  /** The function that was called. */
  readonly functionName: string;
  /**
   * The custom error; `Error` or `Panic` for Solidity's own; a selector such as `0x1234abcd` for one that is not ours;
   * absent if the contract gave no reason.
   */
  readonly errorName: string | undefined;
  /** Its arguments by name. */
  readonly args: ContractErrorArgs;
  /** Set if a transaction was mined and reverted; absent if the call was refused before it was sent. */
  readonly transactionHash: Hex | undefined;

  constructor(
    functionName: string,
    revert: { readonly errorName: string; readonly args: ContractErrorArgs } | undefined,
    options: ContractErrorOptions = {},
  ) {
    const { errorName, args = {} } = revert ?? {};
    const known = errorName !== undefined && isKnown(errorName) ? contractErrorCures[errorName] : undefined;
    const { transactionHash } = options;
    const transaction = transactionHash === undefined ? undefined : `transaction ${transactionHash}`;
    const details = [transaction, options.details].filter((part) => part !== undefined);
    const { cure, code = "contract-reverted" } = known ?? {};
    super(code, `${functionName} reverted with ${describe(errorName, args)}`, {
      ...(cure === undefined ? {} : { cure }),
      ...(details.length === 0 ? {} : { details: details.join("; ") }),
      cause: options.cause,
    });
    this.functionName = functionName;
    this.errorName = errorName;
    this.args = args;
    this.transactionHash = transactionHash;
  }
}

/** Whether `error` is a `ContractError`, of this custom error if one is named. Looks at the shape, as `WeirError.is` does. */
export function isContractError(error: unknown): error is ContractError;
export function isContractError<Name extends ContractErrorName>(
  error: unknown,
  errorName: Name,
): error is ContractError & { readonly errorName: Name; readonly args: ContractErrorArgsOf<Name> };
export function isContractError(error: unknown, errorName?: ContractErrorName): boolean {
  if (!WeirError.is(error) || !("functionName" in error) || !("errorName" in error)) return false;
  return errorName === undefined || error.errorName === errorName;
}

function isKnown(name: string): name is ContractErrorName {
  return Object.hasOwn(contractErrorCures, name);
}

function describe(errorName: string | undefined, args: ContractErrorArgs): string {
  if (errorName === undefined) return "no reason";
  return `${errorName}(${Object.entries(args)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(", ")})`;
}
