import { parseArgs } from "node:util";
import { getAddress, isAddress } from "viem";
import type { Address } from "viem";
import { DEFAULT_DISPUTE_WINDOW } from "./deployWeir.ts";

export const HELP = `Deploys the operator registry and the escrow for one token, checks them, and writes
deployments/<network>/<name>.json. Run it again after an interruption: it resumes, and deploys nothing twice.
With a complete deployment it only checks that the chain shows what the file says.

  npm run deploy -- --network NAME --rpc URL (--token ADDRESS | --test-token) [options]

  --network NAME           folder under deployments/: lower-case letters, digits, dots, dashes
  --rpc URL                JSON-RPC of the chain
  --token ADDRESS          the ERC-20 to pay in
  --test-token             deploy a token that is worth nothing and that anyone can mint, instead
  --name NAME              name of the file; default: the token's symbol in lower case
  --fee-bps NUMBER         fee on settled amounts in hundredths of a percent, 0 to 1000; default 0
  --fee-collector ADDRESS  who collects the fees; needed if there is a fee
  --dispute-window SECONDS for which a revoked agent stays accountable; default ${DEFAULT_DISPUTE_WINDOW} (seven days)
  --confirmations NUMBER   blocks to wait for after each transaction; default 1
  --legacy                 send type-0 transactions, for chains without EIP-1559
  --gas-price WEI          with --legacy; default: what the node says
  --artifacts FOLDER       take the bytecode from another build, such as cache/istanbul/artifacts
  --keystore FILE          version 3 keystore of the deployer
  --out FOLDER             instead of deployments/
  --json                   print the deployment as JSON on stdout, everything else on stderr
  --help                   this text

The deployer's key is never an argument. It is read from the environment variable WEIR_DEPLOYER_KEY, or from the
keystore, whose password is WEIR_KEYSTORE_PASSWORD or is asked for. The deployer has no power over what it deployed.`;

/** What the command line says, checked. */
export interface DeployFlags {
  readonly network: string;
  readonly rpc: string;
  /** Undefined: a new test token. */
  readonly token: Address | undefined;
  readonly name: string | undefined;
  readonly feeBps: number;
  readonly feeCollector: Address | undefined;
  readonly disputeWindow: bigint;
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
      "fee-bps": { type: "string", default: "0" },
      "fee-collector": { type: "string" },
      "dispute-window": { type: "string", default: String(DEFAULT_DISPUTE_WINDOW) },
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
  const feeBps = Number(wholeNumber("fee-bps", values["fee-bps"]));
  const feeCollector = optionalAddress("fee-collector", values["fee-collector"]);
  if (feeBps > 1_000) throw new Error("--fee-bps is above 1000");
  if (feeBps > 0 && feeCollector === undefined) throw new Error("--fee-bps needs a --fee-collector");
  return {
    network: required("network", values.network),
    rpc: required("rpc", values.rpc),
    token: optionalAddress("token", values.token),
    name,
    feeBps,
    feeCollector,
    disputeWindow: wholeNumber("dispute-window", values["dispute-window"]),
    confirmations: Number(wholeNumber("confirmations", values.confirmations)),
    transaction: legacy ? { type: "legacy", gasPrice } : undefined,
    artifacts,
    keystore,
    out,
    json,
  };
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
