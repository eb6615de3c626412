import { relative } from "node:path";
import { createRelay } from "../../relay/index.ts";
import type { Unsettled } from "../../relay/index.ts";
import { listen } from "../../servers/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { gasLimitOf, relayChain, relayWallet } from "../collecting.ts";
import { connect, showTokens, tokensOf } from "../connect.ts";
import { describeError, formatError } from "../describeError.ts";
import { drainRelay, explainUnsettled } from "../drainRelay.ts";
import { openKey } from "../keys.ts";
import { logLevels, relayLog } from "../relayLog.ts";
import type { LogLevel } from "../relayLog.ts";
import { adminSettingKeys, openRelayAdmin } from "../relayAdmin.ts";
import { relayListening } from "../relayListening.ts";
import { relayDeposits, relayPrices, relaySettingKeys } from "../relaySettings.ts";
import { hidesClients, relayTraffic } from "../relayTraffic.ts";
import { stopSignal } from "../stopSignal.ts";
import { storePlace } from "../storePlace.ts";

const SETTLE_SECONDS = 60;

/** `weir relay start` */
export const relayStart: CommandSpec = {
  description:
    "Runs the relay until it is told to stop. It checks the contracts and the agent's key, serves every stream of the " +
    "settings, keeps receipts in its database, and settles by itself when that pays. With relay.store, any number of " +
    "processes on any number of machines are one relay. What it earns and how it does is shown at relay.admin, to this " +
    "machine alone unless there is a token. SIGTERM or Ctrl-C stop it: it takes no more requests, settles what " +
    "pays, says what it keeps and why, and ends with 0; a second signal ends it at once. Receipts survive any end. SIGHUP " +
    "makes it look for a renewed certificate at once; it does so every minute anyway. The log goes to standard error, as JSON unless that is a terminal.",
  settings: [...relaySettingKeys, ...adminSettingKeys],
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
    const { publicUrl, tls, ...place } = relayListening(context);
    if (config.streams.length === 0) throw noStreams(context);
    const accel = config.get("relay.accel");
    const connection = await connect(context);
    const { deployment, walletOf } = connection;
    const prices = relayPrices(context, deployment);
    const deposits = relayDeposits(context, deployment);
    const agent = await openKey(context, "agent");
    const payee = config.get("operator.address") ?? agent.account.address;
    const storage = storePlace(context);
    const store = storage.openStore();
    const wallet = relayWallet(context, connection, walletOf(agent.account));
    const stopping = stopSignal();
    const logger = relayLog(output, level, process.stderr.isTTY);
    const traffic = relayTraffic(config);
    const server = await listen({
      ...place,
      ...traffic.server,
      ...(tls === undefined ? {} : { tls: { ...tls, logger } }),
    });
    if (!process.stderr.isTTY) process.on("SIGHUP", server.renew);
    const chain = relayChain(context, connection);
    const records = storage.openRecords();
    const admin = await openRelayAdmin(context, {
      ...{
        deployment,
        payee,
        agent: agent.account.address,
        pricePerGiB: prices.pricePerGiB,
        client: connection.client,
        chain,
        records,
      },
      ...{ publicUrl: publicUrl ?? server.url, streams: config.streams, logger },
    });
    const relay = createRelay({
      deployment,
      payee,
      agent: agent.key,
      pricePerGiB: prices.pricePerGiB,
      gracePeriod: config.require("relay.gracePeriod"),
      publicUrl: publicUrl ?? server.url,
      streams: config.streams,
      store,
      chain,
      ...(accel === undefined ? {} : { accel }),
      limits: traffic.limits,
      ...(traffic.cache === undefined ? {} : { cache: traffic.cache }),
      collect: { wallet, tokenPerEther: prices.tokenPerEther, ...gasLimitOf(context) },
      ...(deposits === undefined ? {} : { deposits }),
      logger,
      onEvent: admin.onEvent,
    });
    try {
      await relay.start();
      await records.start();
    } catch (error) {
      await relay.stop();
      await admin.stop();
      await server.stop();
      throw error;
    }
    admin.show(relay);
    server.serve(relay.fetch);
    if (hidesClients(traffic, place.hostname, publicUrl)) {
      logger.warn(
        { setting: "relay.trustedProxies" },
        "every viewer looks like the proxy: limits by address do nothing",
      );
    }
    const started = { event: "started", url: server.url, publicUrl: publicUrl ?? server.url, payee, admin: admin.url };
    if (json) output.result(started, []);
    logger.info({ url: server.url, payee, streams: config.streams.map(({ path }) => path) }, "the relay serves");
    if (admin.url !== undefined) logger.info({ url: admin.url }, "the operator's page is open");

    const signal = await stopping;
    logger.info({ signal }, "stopping: no more requests are taken");
    await server.stop();
    let unsettled: Unsettled | undefined;
    // Of several processes one collects, and goes on collecting.
    const isOurs = !store.shared || relay.vitals().collects;
    try {
      if (isOurs) unsettled = await drainRelay(relay, settleMs);
    } catch (error) {
      output.say(formatError(describeError(error)));
    }
    await admin.stop();
    await relay.stop();
    await records.stop();
    const left = isOurs
      ? explainUnsettled(unsettled, (amount) => showTokens(amount, deployment))
      : "another process of the relay settles";
    return {
      json: {
        ...{ event: "stopped", signal, reason: left },
        ...(unsettled === undefined
          ? {}
          : {
              unsettled: tokensOf(unsettled.value, deployment),
              channels: unsettled.channels,
              transactions: unsettled.pending,
              ...(unsettled.error === undefined ? {} : { code: unsettled.error.code }),
            }),
      },
      lines: [`stopped; ${left}, in ${storage.shown}`],
    };
  },
};

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
