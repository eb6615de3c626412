import { parseArgs } from "node:util";
import { getAddress, isAddress } from "viem";
import type { Address } from "viem";
import type { WeirParameters } from "./weirParameters.ts";

type NumberParameter = {
  [Name in keyof WeirParameters]: WeirParameters[Name] extends number ? Name : never;
}[keyof WeirParameters];

/** Each parameter's flag. */
const parameterFlags: Readonly<Record<keyof WeirParameters, string>> = {
  feeBps: "fee-bps",
  disputeWindow: "dispute-window",
  minSelfStake: "min-self-stake",
  slashAmount: "slash-amount",
  reporterBps: "reporter-bps",
  delegationRatio: "delegation-ratio",
  epochLength: "epoch-length",
  unbondingPeriod: "unbonding-period",
  rhoBps: "rho-bps",
  lambda: "lambda",
};

const parameterOptions = Object.fromEntries(
  Object.values(parameterFlags).map((flag) => [flag, { type: "string" } as const]),
);

/** The others are bigints. */
const COUNTS: ReadonlySet<string> = new Set<NumberParameter>([
  "feeBps",
  "reporterBps",
  "delegationRatio",
  "epochLength",
  "unbondingPeriod",
  "rhoBps",
]);

export const HELP = `Deploys Weir's contracts for one token, checks them, and writes deployments/<network>/<name>.json. Run it again
after an interruption: it resumes, and deploys nothing twice. With a complete deployment it only checks that the chain
shows what the file says.

  npm run deploy -- --network NAME --rpc URL (--token ADDRESS | --test-token) [options]

  --network NAME             folder under deployments/: lower-case letters, digits, dots, dashes
  --rpc URL                  JSON-RPC of the chain
  --token ADDRESS            the ERC-20 to pay in
  --test-token               deploy a token that is worth nothing and that anyone can mint, instead
  --name NAME                name of the file; default: the token's symbol in lower case
  --confirmations NUMBER     blocks to wait for after each transaction; default 1
  --legacy                   send type-0 transactions, for chains without EIP-1559
  --gas-price WEI            with --legacy; default: what the node says
  --artifacts FOLDER         take the bytecode from another build, such as cache/istanbul/artifacts
  --keystore FILE            version 3 keystore of the deployer
  --out FOLDER               instead of deployments/
  --json                     print the deployment as JSON on stdout, everything else on stderr
  --help                     this text

Fixed for ever (docs/economics.md says why; the defaults are for a token that is worth about a dollar):

  --fee-bps NUMBER           fee on settled amounts in hundredths of a percent, 0 to 1000; default 100
  --dispute-window SECONDS   for which a revoked agent stays accountable, one day to 30; default seven days
  --min-self-stake UNITS     least own stake of an active operator, in token base units; default 1,000 tokens
  --slash-amount UNITS       what one proof takes, at most that; default 500 tokens
  --reporter-bps NUMBER      reporter's part of what the operator itself loses, 0 to 3000; default 3000
  --delegation-ratio NUMBER  so many times its own stake can be delegated to an operator, 1 to 100; default 10
  --epoch-length SECONDS     one hour to 30 days; default seven days
  --unbonding-period SECONDS longer than the dispute window, at least an epoch, at most 90 days; default 14 days
  --rho-bps NUMBER           the most of its fees that an operator's stake earns back, 0 to 9000; default 8000
  --lambda WAD               how soon more stake stops to matter, with 18 decimals; default 0.01

The deployer's key is never an argument. It is read from the environment variable WEIR_DEPLOYER_KEY, or from the
keystore, whose password is WEIR_KEYSTORE_PASSWORD or is asked for. The deployer has no power over what it deployed, and
should send nothing else meanwhile: the contracts name each other by the addresses that its next creations get.`;

/** What the command line says, checked. */
export interface DeployFlags {
  readonly network: string;
  readonly rpc: string;
  /** Undefined: a new test token. */
  readonly token: Address | undefined;
  readonly name: string | undefined;
  /** Those that were named. */
  readonly parameters: Partial<WeirParameters>;
  readonly confirmations: number;
  readonly transaction: { readonly type: "legacy"; readonly gasPrice: bigint | undefined } | undefined;
  readonly artifacts: string | undefined;
  readonly keystore: string | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

/**
 * Reads the command line.
 *
 * @param args without the program's own name
 * @returns undefined if it asks for help
 * @throws Error in one sentence for anything missing, unknown or contradictory
 */
export function parseDeployFlags(args: readonly string[]): DeployFlags | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      network: { type: "string" },
      rpc: { type: "string" },
      token: { type: "string" },
      "test-token": { type: "boolean", default: false },
      name: { type: "string" },
      ...parameterOptions,
      confirmations: { type: "string", default: "1" },
      legacy: { type: "boolean", default: false },
      "gas-price": { type: "string" },
      artifacts: { type: "string" },
      keystore: { type: "string" },
      out: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { artifacts, json, keystore, legacy, name, out } = values;
  const gasPrice = values["gas-price"] === undefined ? undefined : wholeNumber("gas-price", values["gas-price"]);
  if (gasPrice !== undefined && !legacy) throw new Error("--gas-price needs --legacy");
  if ((values.token === undefined) !== values["test-token"]) throw new Error("name either --token or --test-token");
  return {
    network: required("network", values.network),
    rpc: required("rpc", values.rpc),
    token: optionalAddress("token", values.token),
    name,
    parameters: parseParameters(values),
    confirmations: Number(wholeNumber("confirmations", values.confirmations)),
    transaction: legacy ? { type: "legacy", gasPrice } : undefined,
    artifacts,
    keystore,
    out,
    json,
  };
}

function parseParameters(values: Readonly<Record<string, unknown>>): Partial<WeirParameters> {
  const named = Object.entries(parameterFlags).flatMap(([name, flag]) => {
    const value = values[flag];
    if (typeof value !== "string") return [];
    const number = wholeNumber(flag, value);
    return [[name, COUNTS.has(name) ? Number(number) : number] as const];
  });
  const parameters: Partial<WeirParameters> = Object.fromEntries(named);
  if ((parameters.feeBps ?? 0) > 1_000) throw new Error("--fee-bps is above 1000");
  return parameters;
}

function required(flag: string, value: string | undefined): string {
  if (value === undefined || value === "") throw new Error(`--${flag} is missing; see --help`);
  return value;
}

function wholeNumber(flag: string, value: string): bigint {
  if (!/^(?:0|[1-9][0-9]{0,30})$/.test(value)) throw new Error(`--${flag} is not a whole number`);
  return BigInt(value);
}

function optionalAddress(flag: string, value: string | undefined): Address | undefined {
  if (value === undefined) return undefined;
  if (!isAddress(value)) throw new Error(`--${flag} is not an address, or its checksum is wrong`);
  return getAddress(value);
}
