import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { getBlockNumber } from "viem/actions";
import { readChannel } from "../../chain/index.ts";
import { toWeirError } from "../../chain/internal/toWeirError.ts";
import type { Channel } from "../../core/index.ts";
import { loadFastSecp256k1 } from "../../internal/nativeSecp256k1.ts";
import { auditChain } from "../audit/auditChain.ts";
import { auditReceipts } from "../audit/auditReceipts.ts";
import type { ReceiptAudit } from "../audit/auditReceipts.ts";
import { unfundedChannel } from "../audit/escrowLedger.ts";
import { newFindings } from "../audit/findings.ts";
import { auditReport } from "../audit/report.ts";
import { withReceipts } from "../audit/receiptsFile.ts";
import { CliError } from "../cliError.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { chainSettings, connect } from "../connect.ts";
import type { ChainConnection } from "../connect.ts";

/** `weir audit` */
export const audit: CommandSpec = {
  description:
    "Keeps the books of all contracts by itself, from their events and the token's transfers, and compares them with what the " +
    "contracts state and hold, to the base unit: deposits, channels, settlements, fees, earnings, stake, rewards, slashes. With " +
    "a relay's receipts it recomputes each from its entries, checks each signature, and holds the settlements against them. " +
    "Needs no key and changes nothing. Ends with 1 and names what does not add up.",
  settings: [...chainSettings, "chain.confirmations"],
  options: [
    {
      flag: "receipts",
      placeholder: "<file>",
      about: "a relay's SQLite file, also of a running relay or a copy, or its receipts exported as JSON",
    },
    {
      flag: "from-block",
      placeholder: "<block>",
      about: "begin later than the deployment; needs a node that knows the state before",
    },
    { flag: "to-block", placeholder: "<block>", about: "the last block; the latest that is confirmed if left out" },
    { flag: "channels", about: "list every channel; --json always does" },
  ],
  examples: [
    ["weir audit --rpc https://rpc.example --deployment wtt.json", "from the chain alone"],
    ["weir audit --receipts receipts.json --json", "with a relay's receipts, for a script"],
  ],
  async run(context) {
    const { isOn, output } = context;
    const file = receiptsFile(context);
    const fromBlock = blockOption(context, "from-block");
    const connection = await connect(context);
    const { client, deployment } = connection;
    const toBlock = blockOption(context, "to-block") ?? (await confirmedBlock(context, connection));
    const findings = newFindings();
    const onProgress = (what: string, done: bigint, all: bigint): void => {
      output.progress(`${what}: ${String(done)} of ${String(all)}`);
    };
    const chain = await auditChain(client, { deployment, fromBlock, toBlock, onProgress }, findings);
    let receipts: readonly ReceiptAudit[] | undefined;
    if (file !== undefined) {
      const { backend: secp256k1 } = await loadFastSecp256k1();
      const options = {
        ...{
          deployment,
          escrow: chain.escrow,
          secp256k1,
          isWhole: chain.contracts.paymentChannels.holdings !== undefined,
        },
        async readChannel(channel: Channel) {
          const state = await readChannel(client, { deployment, channel, blockNumber: toBlock });
          return state.deposit === 0n ? undefined : { ...unfundedChannel(channel), ...state };
        },
        onProgress: (channels: number): void => {
          output.progress(`receipts of ${channels} channels`);
        },
      };
      receipts = await withReceipts(file, deployment, async (source) => auditReceipts(source, options, findings));
    }
    return auditReport({ deployment, chain, receipts, findings: findings.list, listsChannels: isOn("channels") });
  },
};

function receiptsFile({ cwd, option }: CommandContext): string | undefined {
  const typed = option("receipts");
  if (typed === undefined) return undefined;
  const file = resolve(cwd, typed);
  if (existsSync(file)) return file;
  throw new CliError("usage", `there is no file ${typed}`, "Check the path.");
}

function blockOption({ option }: CommandContext, flag: string): bigint | undefined {
  const typed = option(flag);
  if (typed === undefined) return undefined;
  if (/^[0-9]{1,15}$/.test(typed)) return BigInt(typed);
  throw new CliError("usage", `--${flag} is no block number: ${typed}`, "Write digits alone.");
}

/** The latest block that so many blocks confirm as the settings ask for. */
async function confirmedBlock({ config }: CommandContext, { client }: ChainConnection): Promise<bigint> {
  try {
    const latest = await getBlockNumber(client, { cacheTime: 0 });
    const behind = BigInt(config.require("chain.confirmations") - 1);
    return latest > behind ? latest - behind : 0n;
  } catch (error) {
    throw toWeirError(error);
  }
}
