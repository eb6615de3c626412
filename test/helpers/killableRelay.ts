import { mkdirSync, writeFileSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import path from "node:path";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { formatUnits } from "viem/utils";
import type { Address, Deployment, Hex } from "../../sdk/core/index.ts";
import { formatConfigFile, tomlText } from "../../sdk/cli/configFile.ts";
import { encryptKeystore } from "../../sdk/cli/keystore.ts";
import type { SettingKey } from "../../sdk/cli/settings.ts";
import { startWeir } from "./weirCommand.ts";
import type { CommandEnd, RunningCommand } from "./weirCommand.ts";

/** Whom a relay works for. Several processes of one relay share it. */
export interface RelayIdentity {
  readonly address: Address;
  readonly key: Hex;
}

/** A payee that is its own agent, with a new key. */
export function newIdentity(): RelayIdentity {
  const key = generatePrivateKey();
  return { key, address: privateKeyToAccount(key).address };
}

/** What a relay process is started with. */
export interface KillableRelayOptions {
  /** Its own folder: settings, keystore and, unless `storeUrl` is given, its SQLite file. */
  readonly folder: string;
  readonly identity: RelayIdentity;
  readonly deployment: Deployment;
  readonly rpcUrl: string;
  readonly port: number;
  /** Where viewers reach it. */
  readonly publicUrl: string;
  /** Token base units. */
  readonly pricePerGiB: bigint;
  /** Token base units that 10^18 wei are worth. */
  readonly tokenPerEther: bigint;
  /** The stream: URL path, folder or URL of an origin, and publisher. */
  readonly stream: { readonly path: string; readonly source: string; readonly publisher: Address };
  /** The URL of a PostgreSQL database that the relay shares with others. */
  readonly storeUrl?: string;
  /** File to which every process of it adds what it said. */
  readonly log?: string;
}

/** `weir relay start` as a process of its own, to be killed and started again. */
export interface KillableRelay {
  readonly port: number;
  /** Its SQLite file. */
  readonly database: string;
  /** Starts the process; it need not serve yet. @param env more of its environment @param args more of its command line */
  readonly launch: (env?: Readonly<Record<string, string>>, args?: readonly string[]) => void;
  /** Resolves once it serves. @throws Error with what it said, if it ends before */
  readonly serves: () => Promise<void>;
  /** Sends SIGKILL. The process is gone when it resolves; safe to call twice. */
  readonly kill: () => Promise<void>;
  /** Sends SIGTERM. */
  readonly terminate: () => void;
  /** How the process that was launched last ended. */
  readonly ended: () => Promise<CommandEnd>;
  /** Starts another command of `weir` with its settings and key. */
  readonly command: (...args: readonly string[]) => RunningCommand;
}

/** Little of what protects a key at rest: it is for this run, and opened at every start. */
const SCRYPT_N = 2 ** 10;
const PASSWORD = "for this run";

/** Writes the settings of a relay. Nothing runs before `launch`. */
export function killableRelay(options: KillableRelayOptions): KillableRelay {
  const { deployment, folder, identity, log, port, pricePerGiB, publicUrl, rpcUrl, storeUrl, stream, tokenPerEther } =
    options;
  mkdirSync(folder, { recursive: true });
  const tokens = (amount: bigint): string => tomlText(formatUnits(amount, deployment.token.decimals));
  const values: Partial<Record<SettingKey, string>> = {
    "chain.rpc": `[${tomlText(rpcUrl)}]`,
    "chain.deployment": tomlText("deployment.json"),
    "agent.keystore": tomlText("agent.json"),
    "relay.publicUrl": tomlText(publicUrl),
    "relay.listen": tomlText(`127.0.0.1:${port}`),
    "relay.database": tomlText("relay.sqlite"),
    "relay.pricePerGiB": tokens(pricePerGiB),
    "relay.tokenPerEther": tokens(tokenPerEther),
  };
  writeFileSync(path.join(folder, "weir.toml"), formatConfigFile({ values, streams: [stream] }));
  writeFileSync(path.join(folder, "deployment.json"), JSON.stringify(deployment));
  writeFileSync(path.join(folder, "agent.json"), encryptKeystore(identity.key, PASSWORD, SCRYPT_N), { mode: 0o600 });
  let command: RunningCommand | undefined;

  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCommand => {
    const store = storeUrl === undefined ? {} : { WEIR_RELAY_STORE: storeUrl };
    return startWeir(args, { cwd: folder, env: { WEIR_AGENT_PASSWORD: PASSWORD, ...store, ...env } });
  };
  const running = (): RunningCommand => {
    if (command === undefined) throw new Error("the relay was never launched");
    return command;
  };
  return {
    port,
    database: path.join(folder, "relay.sqlite"),
    launch(env = {}, args = []) {
      command = start(["relay", "start", "--json", ...args], env);
      if (log !== undefined) void command.ended.then(({ stderr }) => appendFile(log, `${stderr}killed\n`));
    },
    async serves() {
      await running().firstLine;
    },
    async kill() {
      running().signal("SIGKILL");
      await running().ended;
    },
    terminate() {
      running().signal("SIGTERM");
    },
    ended: async () => running().ended,
    command: (...args) => start(args),
  };
}
