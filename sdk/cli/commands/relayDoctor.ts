import { relayOrigin } from "../../core/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { openConnection } from "../connect.ts";
import { accelChecks } from "../doctor/accelCheck.ts";
import { allChainChecks } from "../doctor/allChainChecks.ts";
import { fail, warn } from "../doctor/check.ts";
import { cacheChecks } from "../doctor/cacheChecks.ts";
import type { Check } from "../doctor/check.ts";
import { certificateFileChecks } from "../doctor/certificateChecks.ts";
import type { LocalRelay } from "../doctor/identityCheck.ts";
import { listenCheck, openFilesCheck, secrecyCheck, streamCheck } from "../doctor/machineChecks.ts";
import { reachChecks } from "../doctor/reachCheck.ts";
import { storeChecks } from "../doctor/storeChecks.ts";
import { addressOfKey } from "../keys.ts";
import { columns } from "../output.ts";
import { relayPrices, relaySettingKeys } from "../relaySettings.ts";
import { parseListen } from "../settings.ts";
import { storePlace } from "../storePlace.ts";

/** `weir relay doctor` */
export const relayDoctor: CommandSpec = {
  description:
    "Looks at every RPC endpoint, the contracts, the clock, the agent and its gas, the registry and stake, the disk, the " +
    "limit of open files, the cache, the key files, every stream's signature, and whether viewers reach the public URL: where " +
    "its name leads, IPv4 and IPv6, TLS and how long the certificate lasts, this very relay behind it, CORS, and that nobody " +
    "gets the files past the relay. Changes nothing and " +
    "needs no password. Run it before the first start, while the relay runs, and when something is odd. With --reach it " +
    "looks at a public URL alone and needs no settings: for a look from outside, where viewers are. Ends with 1 if a check " +
    "fails; warnings alone end with 0.",
  settings: relaySettingKeys,
  options: [
    { flag: "reach", placeholder: "<origin>", about: "look only whether viewers reach this public URL from here" },
  ],
  examples: [
    ["weir relay doctor", "what is wrong, and what to do"],
    ["weir relay doctor --reach https://relay.example", "from another network: do viewers get there?"],
    ["weir relay doctor --json", "for monitoring"],
  ],
  async run(context) {
    const { option, output } = context;
    const checks: Check[] = [];
    const add = (...found: readonly Check[]): void => {
      checks.push(...found);
      output.progress(`${checks.length} checks`);
    };
    const origin = option("reach");
    if (origin === undefined) await examine(context, add);
    else add(...(await reachChecks(originOf(origin))));
    const count = (verdict: Check["verdict"]): number => checks.filter((check) => check.verdict === verdict).length;
    const failed = count("fail");
    const rows = checks.map(({ found, name, verdict }) => [`${verdict.padEnd(4)}  ${name}`, found] as const);
    const lines = columns(rows).flatMap((line, i) => {
      const cure = checks[i]?.cure;
      return cure === undefined ? [line] : [line, `      ${cure}`];
    });
    return {
      ok: failed === 0,
      json: { ok: failed === 0, failed, warnings: count("warn"), checks },
      lines: [...lines, `${count("ok")} ok, ${count("warn")} to look at, ${failed} failed`],
    };
  },
};

/** Everything, by the settings. */
async function examine(context: CommandContext, add: (...found: readonly Check[]) => void): Promise<void> {
  const { config } = context;
  const connection = openConnection(context);
  const prices = relayPrices(context, connection.deployment);
  const agent = await addressOfKey(context, "agent");
  const payee = config.get("operator.address") ?? agent;
  const publicUrl = config.get("relay.publicUrl");
  add(...(await allChainChecks(connection, config.require("chain.rpc"), { ...prices, agent, payee, publicUrl })));
  add(...(await storeChecks(storePlace(context))), ...cacheChecks(config), openFilesCheck(), ...keyChecks(context));
  for (const stream of config.streams) add(await streamCheck(stream));
  if (config.streams.length === 0) {
    add(fail("streams", "there is nothing to serve", "Add a table [[relay.streams]] to the settings' file."));
  }
  const local = localRelay(context);
  add(listenCheck(local.hostname, local.isSecure), ...certificateChecks(context));
  if (publicUrl === undefined) {
    add(warn("reach", "relay.publicUrl is not set: only this machine can watch", "Set it to where viewers come in."));
    return;
  }
  add(...(await reachChecks(publicUrl, { payee, local, streams: config.streams })));
  const accel = config.get("relay.accel");
  if (accel !== undefined) add(...(await accelChecks(publicUrl, accel, config.streams)));
}

function localRelay({ config }: CommandContext): LocalRelay {
  const { hostname, port } = parseListen(config.require("relay.listen")) ?? { hostname: "127.0.0.1", port: 0 };
  return { hostname, port, isSecure: config.get("relay.tlsCertificate") !== undefined };
}

function certificateChecks({ config }: CommandContext): Check[] {
  if (config.get("relay.tlsCertificate") === undefined && config.get("relay.tlsKey") === undefined) return [];
  const files = { certificate: config.require("relay.tlsCertificate"), key: config.require("relay.tlsKey") };
  return certificateFileChecks(files, config.get("relay.publicUrl"));
}

function originOf(typed: string): string {
  const origin = relayOrigin(typed);
  if (origin !== undefined) return origin;
  throw new CliError("usage", `--reach is no public URL of a relay: ${typed}`, "Write it as https://relay.example");
}

function keyChecks({ config }: CommandContext): Check[] {
  const passwordFile = config.get("agent.passwordFile");
  const storeFile = config.get("relay.storeFile");
  return [
    secrecyCheck("keystore", config.require("agent.keystore")),
    ...(passwordFile === undefined ? [] : [secrecyCheck("password", passwordFile)]),
    ...(storeFile === undefined ? [] : [secrecyCheck("store URL", storeFile)]),
  ];
}
