import { mkdirSync } from "node:fs";
import { dirname, relative } from "node:path";
import { collectorWallet, createRelay, sqliteStore, viemChain } from "../../relay/index.ts";
import { listen } from "../../servers/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { connect, showTokens, tokensOf } from "../connect.ts";
import { describeError, formatError } from "../describeError.ts";
import { drainRelay } from "../drainRelay.ts";
import type { Unsettled } from "../drainRelay.ts";
import { openKey } from "../keys.ts";
import { logLevels, relayLog } from "../relayLog.ts";
import type { LogLevel } from "../relayLog.ts";
import { relayPrices, relaySettingKeys } from "../relaySettings.ts";
import { parseListen } from "../settings.ts";

const SETTLE_SECONDS = 60;

/** `weir relay start` */
export const relayStart: CommandSpec = {
  name: "relay start",
  summary: "serve the streams of the settings and collect what viewers pay",
  description:
    "Runs the relay until it is told to stop. It checks the contracts and the agent's key, serves every stream of the " +
    "settings, keeps receipts in its database, and settles by itself when that pays. SIGTERM or Ctrl-C stop it: it takes no " +
    "more requests, settles what pays, says what it keeps and why, and ends with 0; a second signal ends it at once. " +
    "Receipts survive any end. The log goes to standard error, as JSON unless that is a terminal.",
  settings: relaySettingKeys,
  options: [
    { flag: "log-level", placeholder: "<level>", about: "debug, info, warn or error; info if left out" },
    {
      flag: "settle-seconds",
      placeholder: "<number>",
      about: `how long it may settle when stopped; ${SETTLE_SECONDS}`,
    },
  ],
  examples: [
    ["weir relay start", "with ./weir.toml"],
    ["WEIR_AGENT_PASSWORD=… weir relay start --config /etc/weir/weir.toml", "the password from the environment"],
  ],
  async run(context) {
    const { config, output, json } = context;
    const level = logLevelOf(context);
    const settleMs = settleSeconds(context) * 1_000;
    const { hostname, port } = parseListen(config.require("relay.listen")) ?? { hostname: "127.0.0.1", port: 0 };
    if (config.streams.length === 0) throw noStreams(context);
    const publicUrl = config.get("relay.publicUrl");
    const { client, deployment, walletOf } = await connect(context);
    const prices = relayPrices(context, deployment);
    const agent = await openKey(context, "agent");
    const payee = config.get("operator.address") ?? agent.account.address;
    const database = config.require("relay.database");
    mkdirSync(dirname(database), { recursive: true });
    const store = sqliteStore(database);
    const type = config.get("chain.transactions");
    const wallet = collectorWallet({
      client: walletOf(agent.account),
      deployment,
      ...(type === undefined ? {} : { type }),
    });
    const stopping = stopSignal();
    const server = await listen({ hostname, port });
    const logger = relayLog(output, level, process.stderr.isTTY);
    const relay = createRelay({
      deployment,
      payee,
      agent: agent.key,
      pricePerGiB: prices.pricePerGiB,
      gracePeriod: config.require("relay.gracePeriod"),
      publicUrl: publicUrl ?? server.url,
      streams: config.streams,
      store,
      chain: viemChain({ client, deployment, confirmations: config.require("chain.confirmations") }),
      collect: { wallet, tokenPerEther: prices.tokenPerEther },
      logger,
    });
    try {
      await relay.start();
    } catch (error) {
      await server.stop();
      throw error;
    }
    server.serve(relay.fetch);
    const started = { event: "started", url: server.url, publicUrl: publicUrl ?? server.url, payee };
    if (json) output.result(started, []);
    logger.info({ url: server.url, payee, streams: config.streams.map(({ path }) => path) }, "the relay serves");

    const signal = await stopping;
    logger.info({ signal }, "stopping: no more requests are taken");
    await server.stop();
    let unsettled: Unsettled | undefined;
    try {
      unsettled = await drainRelay({ store, wallet, costs: prices.costs, timeoutMs: settleMs });
    } catch (error) {
      output.say(formatError(describeError(error)));
    }
    await relay.stop();
    const left = leftText(unsettled, (amount) => showTokens(amount, deployment));
    return {
      json: {
        ...{ event: "stopped", signal, reason: left },
        ...(unsettled === undefined
          ? {}
          : {
              unsettled: tokensOf(unsettled.value, deployment),
              channels: unsettled.channels,
              transactions: unsettled.pending,
            }),
      },
      lines: [`stopped; ${left}, in ${relative(context.cwd, database)}`],
    };
  },
};

/** Why not everything is settled. */
function leftText(unsettled: Unsettled | undefined, show: (amount: bigint) => string): string {
  if (unsettled === undefined) return "nothing was settled, because that could not be decided now; receipts are kept";
  const { channels, cost, pending, value } = unsettled;
  if (pending > 0) return `${pending} transaction is not mined yet; the next start takes it up`;
  if (value === 0n) return "everything is settled";
  const why = `settling costs about ${show(cost)}, too much for now, and is done once it pays`;
  return `${show(value)} of ${channels} channels are kept: ${why}`;
}

/** Resolves with the first signal to stop. The second one finds no handler of ours and ends the process. */
async function stopSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, () => {
        process.removeAllListeners("SIGTERM").removeAllListeners("SIGINT");
        resolve(signal);
      });
    }
  });
}

function logLevelOf({ option }: CommandContext): LogLevel {
  const typed = option("log-level") ?? "info";
  const level = logLevels.find((each) => each === typed);
  if (level === undefined) {
    throw new CliError("usage", `--log-level is no level: ${typed}`, `Choose one of ${logLevels.join(", ")}.`);
  }
  return level;
}

function settleSeconds({ option }: CommandContext): number {
  const typed = option("settle-seconds") ?? String(SETTLE_SECONDS);
  if (!/^[0-9]{1,6}$/.test(typed)) {
    throw new CliError("usage", `--settle-seconds is no whole number: ${typed}`, "Write digits alone.");
  }
  return Number(typed);
}

function noStreams({ config, cwd }: CommandContext): CliError {
  const file = config.file === undefined ? "weir.toml" : relative(cwd, config.file);
  const cure = `Add a table [[relay.streams]] with path, source and publisher to ${file}, or run: weir relay init`;
  return new CliError("configuration", "relay.streams is empty: there is nothing to serve", cure);
}
