import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createClient, formatEther, getAddress, http, zeroAddress } from "viem";
import type { Address, LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { getBalance, getChainId } from "viem/actions";
import { readToken, verifyDeployment } from "../sdk/chain/index.ts";
import type { Deployment } from "../sdk/core/index.ts";
import type { DeployClient } from "./deploy/deployContract.ts";
import { DEFAULT_DISPUTE_WINDOW, deployWeir, verifyParameters } from "./deploy/deployWeir.ts";
import type { DeployWeirOptions } from "./deploy/deployWeir.ts";
import { deploymentPath, formatDeployment, readDeployment, writeDeployment } from "./deploy/deploymentFile.ts";
import { fileJournal } from "./deploy/deploymentJournal.ts";
import { decryptKeystore } from "./deploy/keystore.ts";
import { readBytecodes } from "./deploy/readBytecodes.ts";
import { readPassword } from "./deploy/readPassword.ts";

const HELP = `Deploys the operator registry and the escrow for one token, checks them, and writes
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

try {
  const flags = parseFlags();
  if (flags.help) console.log(HELP);
  else await deploy(flags);
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

type Flags = ReturnType<typeof parseFlags>;

function parseFlags() {
  return parseArgs({
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
  }).values;
}

async function deploy(flags: Flags): Promise<void> {
  const account = await deployer(flags);
  const client: DeployClient = createClient({ account, transport: http(required(flags, "rpc")) });
  const chainId = await getChainId(client);
  const token = flags.token === undefined ? undefined : getAddress(flags.token);
  if ((token === undefined) !== flags["test-token"]) throw new Error("name either --token or --test-token");

  const network = required(flags, "network");
  const symbol = token === undefined ? "wtt" : (await readToken(client, { address: token })).symbol.toLowerCase();
  const path = deploymentPath(network, flags.name ?? symbol, flags.out);
  const existing = readDeployment(path);
  const options = deployOptions(flags, network, token);
  const deployment = existing ?? (await deployNew(client, path, options));
  if (existing !== undefined) await verifyExisting(client, existing, options);
  log(`${existing === undefined ? "wrote" : "verified"} ${path} on chain ${chainId}`);
  if (flags.json) process.stdout.write(formatDeployment(deployment));
}

async function deployNew(client: DeployClient, path: string, options: DeployWeirOptions): Promise<Deployment> {
  const { address } = client.account;
  log(`deployer ${address} with ${formatEther(await getBalance(client, { address }))} of the chain's coin`);
  const journal = fileJournal(path.replace(/\.json$/, ".pending.json"));
  const deployment = await deployWeir(client, { ...options, journal });
  writeDeployment(path, deployment);
  journal.clear();
  return deployment;
}

async function verifyExisting(client: DeployClient, existing: Deployment, options: DeployWeirOptions): Promise<void> {
  const { feeBps = 0, token } = options;
  if (token !== undefined && token !== getAddress(existing.token.address)) {
    throw new Error(`the file is about the token ${existing.token.address}, not ${token}: use another --name`);
  }
  if (feeBps !== existing.feeBps) {
    throw new Error(`the file is about a fee of ${existing.feeBps}, not ${feeBps}: use another --name`);
  }
  const { disputeWindow = DEFAULT_DISPUTE_WINDOW, feeCollector = zeroAddress } = options;
  await verifyDeployment(client, existing);
  await verifyParameters(client, existing, { disputeWindow, feeCollector });
}

function deployOptions(flags: Flags, network: string, token: Address | undefined): DeployWeirOptions {
  const gasPrice = flags["gas-price"] === undefined ? undefined : BigInt(wholeNumber(flags, "gas-price"));
  if (gasPrice !== undefined && !flags.legacy) throw new Error("--gas-price needs --legacy");
  return {
    network,
    token,
    feeBps: Number(wholeNumber(flags, "fee-bps")),
    feeCollector: flags["fee-collector"] === undefined ? undefined : getAddress(flags["fee-collector"]),
    disputeWindow: BigInt(wholeNumber(flags, "dispute-window")),
    confirmations: Number(wholeNumber(flags, "confirmations")),
    transaction: flags.legacy ? { type: "legacy", gasPrice } : undefined,
    bytecodes: flags.artifacts === undefined ? undefined : readBytecodes(flags.artifacts),
    onCreated: (step, { address, gasUsed }) => {
      log(`${step} at ${address}, ${gasUsed} gas`);
    },
  };
}

async function deployer(flags: Flags): Promise<LocalAccount> {
  const key = process.env["WEIR_DEPLOYER_KEY"];
  if (flags.keystore !== undefined) {
    const text = readFileSync(flags.keystore, "utf8");
    const password = process.env["WEIR_KEYSTORE_PASSWORD"] ?? (await readPassword(`password of ${flags.keystore}: `));
    return privateKeyToAccount(decryptKeystore(text, password));
  }
  if (key === undefined || !/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new Error("set WEIR_DEPLOYER_KEY to a private key of 0x and 64 digits, or name a --keystore");
  }
  return privateKeyToAccount(key as `0x${string}`);
}

function required(flags: Flags, name: "network" | "rpc"): string {
  const value = flags[name];
  if (value === undefined || value === "") throw new Error(`--${name} is missing; see --help`);
  return value;
}

function wholeNumber(flags: Flags, name: "fee-bps" | "dispute-window" | "confirmations" | "gas-price"): string {
  const value = flags[name];
  if (value === undefined || !/^(?:0|[1-9][0-9]*)$/.test(value)) throw new Error(`--${name} is not a whole number`);
  return value;
}

function log(message: string): void {
  console.error(message);
}
