import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { openConnection } from "../connect.ts";
import { allChainChecks } from "../doctor/allChainChecks.ts";
import { fail, warn } from "../doctor/check.ts";
import type { Check } from "../doctor/check.ts";
import { diskCheck, secrecyCheck, streamCheck } from "../doctor/machineChecks.ts";
import { reachChecks } from "../doctor/reachCheck.ts";
import { addressOfKey } from "../keys.ts";
import { columns } from "../output.ts";
import { relayPrices, relaySettingKeys } from "../relaySettings.ts";

/** `weir relay doctor` */
export const relayDoctor: CommandSpec = {
  name: "relay doctor",
  summary: "check everything that a relay needs, and say how to cure what is wrong",
  description:
    "Looks at every RPC endpoint, the contracts, the clock, the agent and its gas, the registry and stake, the disk, the key " +
    "files, every stream's signature, and whether viewers reach the public URL: TLS, the relay behind it, CORS. Changes " +
    "nothing and needs no password. Run it before the first start, while the relay runs, and when something is odd. Ends " +
    "with 1 if a check fails; warnings alone end with 0.",
  settings: relaySettingKeys,
  examples: [
    ["weir relay doctor", "what is wrong, and what to do"],
    ["weir relay doctor --json", "for monitoring"],
  ],
  async run(context) {
    const { config, output } = context;
    const checks: Check[] = [];
    const add = (...found: readonly Check[]): void => {
      checks.push(...found);
      output.progress(`${checks.length} checks`);
    };
    const connection = openConnection(context);
    const prices = relayPrices(context, connection.deployment);
    const agent = await addressOfKey(context, "agent");
    const payee = config.get("operator.address") ?? agent;
    const publicUrl = config.get("relay.publicUrl");
    add(...(await allChainChecks(connection, config.require("chain.rpc"), { ...prices, agent, payee, publicUrl })));
    add(diskCheck(config.require("relay.database")), ...keyChecks(context));
    for (const stream of config.streams) add(await streamCheck(stream));
    if (config.streams.length === 0) {
      add(fail("streams", "there is nothing to serve", "Add a table [[relay.streams]] to the settings' file."));
    }
    if (publicUrl === undefined) {
      add(warn("reach", "relay.publicUrl is not set: only this machine can watch", "Set it to where viewers come in."));
    } else add(...(await reachChecks(publicUrl, payee)));
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

function keyChecks({ config }: CommandContext): Check[] {
  const passwordFile = config.get("agent.passwordFile");
  return [
    secrecyCheck("keystore", config.require("agent.keystore")),
    ...(passwordFile === undefined ? [] : [secrecyCheck("password", passwordFile)]),
  ];
}
