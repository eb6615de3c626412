import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createTestClient, formatEther, http, parseEther, parseUnits, walletActions } from "viem";
import { getChainId, waitForTransactionReceipt, writeContract } from "viem/actions";
import { weirTestTokenAbi } from "../../sdk/abis/weirTestToken.ts";
import { keystoreAddress } from "../../sdk/cli/keystore.ts";
import { isHex, parseDeployment } from "../../sdk/core/index.ts";
import type { Address } from "../../sdk/core/index.ts";
import { anvilAccount } from "./anvil.ts";

const COIN = parseEther("10");
const TOKENS = "10000";

const HELP = `npm run faucet -- --deployment FILE WHO...

Gives everybody named ${formatEther(COIN)} of the coin and ${TOKENS} test tokens of a local anvil.

  WHO                a keystore file, or an address
  --deployment FILE  deployment of the test token
  --rpc URL          JSON-RPC of the node; http://127.0.0.1:8545 if left out
  --help             this text`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    deployment: { type: "string" },
    rpc: { type: "string", default: "http://127.0.0.1:8545" },
    help: { type: "boolean", default: false },
  },
});
if (values.help || values.deployment === undefined || positionals.length === 0) console.log(HELP);
else await give(values.rpc, values.deployment, positionals.map(addressOf));

async function give(rpc: string, file: string, receivers: readonly Address[]): Promise<void> {
  const { token, chainId } = parseDeployment(JSON.parse(readFileSync(fromCaller(file), "utf8")));
  const node = createTestClient({
    account: anvilAccount(0),
    mode: "anvil",
    transport: http(rpc),
    pollingInterval: 50,
  }).extend(walletActions);
  const found = await getChainId(node);
  if (found !== chainId) throw new Error(`${rpc} is chain ${found}, and the deployment is on ${chainId}`);
  for (const address of receivers) {
    await node.setBalance({ address, value: COIN });
    const args = [address, parseUnits(TOKENS, token.decimals)] as const;
    const call = { address: token.address, abi: weirTestTokenAbi, functionName: "mint", args, chain: null } as const;
    await waitForTransactionReceipt(node, { hash: await writeContract(node, call) });
    console.log(`${address} has ${formatEther(COIN)} of the coin and ${TOKENS} ${token.symbol} more`);
  }
}

function addressOf(who: string): Address {
  if (isHex(who, 20)) return who;
  const stated = keystoreAddress(readFileSync(fromCaller(who), "utf8"));
  if (stated === undefined) throw new Error(`${who} does not say whose key it holds`);
  return stated;
}

/** npm runs scripts in the package's folder and says where it was called. */
function fromCaller(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}
