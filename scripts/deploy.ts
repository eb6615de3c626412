import { readFileSync } from "node:fs";
import { createClient, formatEther, getAddress, http } from "viem";
import type { LocalAccount } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { getBalance, getChainId } from "viem/actions";
import { readToken, verifyDeployment } from "../sdk/chain/index.ts";
import type { Deployment } from "../sdk/core/index.ts";
import type { DeployClient } from "./deploy/deployContract.ts";
import { HELP, parseDeployFlags } from "./deploy/deployFlags.ts";
import type { DeployFlags } from "./deploy/deployFlags.ts";
import { chosenParameters, deployWeir } from "./deploy/deployWeir.ts";
import { deploymentPath, formatDeployment, readDeployment, writeDeployment } from "./deploy/deploymentFile.ts";
import { fileJournal } from "./deploy/deploymentJournal.ts";
import { decryptKeystore } from "../sdk/cli/keystore.ts";
import { readBytecodes } from "./deploy/readBytecodes.ts";
import { askSecret } from "../sdk/cli/prompts.ts";
import { verifyParameters } from "./deploy/verifyParameters.ts";

/** Half of the shortest block time of the chains in question. */
const POLLING_INTERVAL_MS = 500;

try {
  const flags = parseDeployFlags(process.argv.slice(2));
  if (flags === undefined) console.log(HELP);
  else await deploy(flags);
} catch (error) {
  log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function deploy(flags: DeployFlags): Promise<void> {
  const { network, out, rpc, token } = flags;
  const account = await deployer(flags);
  const client: DeployClient = createClient({ account, transport: http(rpc), pollingInterval: POLLING_INTERVAL_MS });
  const chainId = await getChainId(client);
  const symbol = token === undefined ? "wtt" : (await readToken(client, { address: token })).symbol.toLowerCase();
  const path = deploymentPath(network, flags.name ?? symbol, out);
  const existing = readDeployment(path);
  const deployment = existing ?? (await deployNew(client, path, flags));
  if (existing !== undefined) await verifyExisting(client, existing, flags);
  log(`${existing === undefined ? "wrote" : "verified"} ${path} on chain ${chainId}`);
  if (flags.json) process.stdout.write(formatDeployment(deployment));
}

async function deployNew(client: DeployClient, path: string, flags: DeployFlags): Promise<Deployment> {
  const { address } = client.account;
  const bytecodes = flags.artifacts === undefined ? undefined : readBytecodes(flags.artifacts);
  log(`deployer ${address} with ${formatEther(await getBalance(client, { address }))} of the chain's coin`);
  const journal = fileJournal(path.replace(/\.json$/, ".pending.json"));
  const deployment = await deployWeir(client, {
    ...flags,
    ...flags.parameters,
    bytecodes,
    journal,
    onCreated: (step, contract) => {
      log(`${step} at ${contract.address}, ${contract.gasUsed} gas`);
    },
  });
  writeDeployment(path, deployment);
  journal.clear();
  return deployment;
}

async function verifyExisting(client: DeployClient, existing: Deployment, flags: DeployFlags): Promise<void> {
  const { token } = flags;
  if (token !== undefined && token !== getAddress(existing.token.address)) {
    throw new Error(`the file is about the token ${existing.token.address}, not ${token}: use another --name`);
  }
  await verifyDeployment(client, existing);
  await verifyParameters(client, existing, chosenParameters(flags.parameters, existing.token.decimals));
}

async function deployer({ keystore }: DeployFlags): Promise<LocalAccount> {
  if (keystore !== undefined) {
    const text = readFileSync(keystore, "utf8");
    const password = process.env["WEIR_KEYSTORE_PASSWORD"] ?? (await askSecret(`password of ${keystore}`));
    return privateKeyToAccount(decryptKeystore(text, password));
  }
  const key = process.env["WEIR_DEPLOYER_KEY"];
  if (key === undefined || !/^0x[0-9a-fA-F]{64}$/.test(key)) {
    throw new Error("set WEIR_DEPLOYER_KEY to a private key of 0x and 64 digits, or name a --keystore");
  }
  return privateKeyToAccount(key as `0x${string}`);
}

function log(message: string): void {
  console.error(message);
}
