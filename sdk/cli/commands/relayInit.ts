import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { generatePrivateKey } from "viem/accounts";
import { checksumAddress, isHex, privateKeyToAddress } from "../../core/index.ts";
import type { Address, Hex } from "../../core/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandContext, CommandSpec } from "../commandSpec.ts";
import { formatConfigFile, tomlText } from "../configFile.ts";
import { parseTokens, readDeploymentFile } from "../connect.ts";
import {
  assertAbsent,
  newPassword,
  parsePrivateKey,
  readKeystoreAddress,
  readStandardInput,
  writeKeystore,
} from "../keys.ts";
import { DEFAULT_FILE, loadConfig } from "../loadConfig.ts";
import { columns } from "../output.ts";
import { askChoice, askSecret, askText, canAsk } from "../prompts.ts";
import { relaySettingKeys } from "../relaySettings.ts";
import { expectations, settings } from "../settings.ts";
import type { SettingKey, StreamSetting } from "../settings.ts";
import { writeFileAtomically } from "../writeFileAtomically.ts";

/** What is asked for, with what is offered. */
const QUESTIONS: readonly (readonly [key: SettingKey, question: string, offered: string])[] = [
  ["chain.rpc", "JSON-RPC endpoints of the chain, separated by commas", "http://127.0.0.1:8545"],
  ["chain.deployment", "deployment file of Weir's contracts", "deployments/local/wtt.json"],
  ["relay.publicUrl", "where viewers will reach the relay", "http://127.0.0.1:8402"],
  ["relay.pricePerGiB", "price of a GiB, in tokens", "0.01"],
  ["relay.tokenPerEther", "what one unit of the chain's own coin is worth, in tokens", "3000"],
];

/** `weir relay init` */
export const relayInit: CommandSpec = {
  description:
    "Asks what it needs to know, or takes it from options and environment with --yes, and writes a commented weir.toml and " +
    "the relay's hot key in an encrypted keystore. Overwrites nothing. Without an operator, the relay's own key is paid; " +
    "earnings then go to a hot key, so register an operator before they are worth something.",
  settings: relaySettingKeys,
  writesConfig: true,
  options: [
    { flag: "yes", about: "ask nothing: what is not given is left as a comment, or is an error if it is needed" },
    { flag: "stream", placeholder: "<path>=<source>", about: "a stream: URL path, and folder or URL of an origin" },
    { flag: "publisher", placeholder: "<address>", about: "the publisher whose signature that stream must carry" },
    {
      flag: "import-key",
      about: "take the agent's private key from the terminal or standard input, instead of a new one",
    },
    {
      flag: "generate-password",
      about: "make the password, too, in a file beside the keystore: the relay starts unattended",
    },
  ],
  examples: [
    ["weir relay init && weir relay start", "asks a few questions, then serves"],
    [
      "weir relay init --yes --generate-password --rpc http://127.0.0.1:8545 --deployment wtt.json --public-url " +
        "http://127.0.0.1:8402 --price-per-gib 0.01 --token-per-ether 3000 --stream /documentary/=./documentary --publisher 0x…",
      "the same without questions",
    ],
  ],
  async run(context) {
    const { cwd, env, isOn, option } = context;
    const file = resolve(cwd, option("config") ?? env["WEIR_CONFIG"] ?? DEFAULT_FILE);
    assertNoConfig(context, file);
    const folder = dirname(file);
    const isQuiet = isOn("yes");
    if (!isQuiet && !canAsk()) {
      throw new CliError("usage", "there is no terminal to ask on", "Add --yes, and what --help lists as options.");
    }
    const answers = await answersTo(context, isQuiet);
    const complete = { ...context, config: loadConfig({ file: false, env: {}, flags: answers, cwd }) };
    const deployment = readDeploymentFile(complete);
    for (const key of ["relay.pricePerGiB", "relay.tokenPerEther"] as const) {
      parseTokens(complete.config.require(key), deployment, key);
    }
    const stream = await streamOf(context, isQuiet);
    const key = await agentKey(complete, folder, isQuiet);

    const relativePath = (path: string): string => relative(folder, path).replaceAll("\\", "/");
    const values: Partial<Record<SettingKey, string>> = {};
    for (const [name, text] of Object.entries(answers) as [SettingKey, string][]) {
      values[name] = asToml(name, settings[name].form === "path" ? relativePath(resolve(cwd, text)) : text);
    }
    values["agent.keystore"] = tomlText(relativePath(key.keystore));
    if (key.passwordFile !== undefined) values["agent.passwordFile"] = tomlText(relativePath(key.passwordFile));
    const source = /^https?:/i.test(stream.source) ? stream.source : relativePath(resolve(cwd, stream.source));
    writeFileAtomically(file, formatConfigFile({ values, streams: [{ ...stream, source }] }), 0o644);
    const payee = complete.config.get("operator.address");
    return {
      json: { config: file, keystore: key.keystore, passwordFile: key.passwordFile ?? null, agent: key.address },
      lines: [
        ...columns([
          ["settings", relative(cwd, file)],
          ["agent", `${key.address}, in ${relative(cwd, key.keystore)}`],
          ...(key.passwordFile === undefined ? [] : [["password", relative(cwd, key.passwordFile)] as const]),
          ["is paid", payee ?? `${key.address}, a hot key: register an operator before it is worth something`],
        ]),
        `Next: send the agent some of the chain's coin for gas, then: weir relay doctor && weir relay start`,
      ],
    };
  },
};

function assertNoConfig(context: CommandContext, file: string): void {
  if (!existsSync(file)) return;
  const cure = "Edit it, move it away, or write another one with --config FILE.";
  throw new CliError("configuration", `${relative(context.cwd, file)} is there already`, cure);
}

/** Every setting that was given or answered, as typed. */
async function answersTo(context: CommandContext, isQuiet: boolean): Promise<Partial<Record<SettingKey, string>>> {
  const { config, cwd } = context;
  const answers: Partial<Record<SettingKey, string>> = {};
  for (const key of relaySettingKeys) {
    const value = config.get(key);
    if (value === undefined || config.sourceOf(key) === "the default") continue;
    answers[key] = Array.isArray(value) ? value.join(",") : String(value);
  }
  for (const [key, question, offered] of QUESTIONS) {
    if (answers[key] !== undefined) continue;
    if (isQuiet) config.require(key);
    answers[key] = await askText(question, {
      initialValue: offered,
      validate: (text) => (isValid(key, text, cwd) ? undefined : `It must be ${expectations[key]}.`),
    });
  }
  return answers;
}

function isValid(key: SettingKey, text: string, cwd: string): boolean {
  try {
    loadConfig({ file: false, env: {}, flags: { [key]: text }, cwd });
    return true;
  } catch (error) {
    if (error instanceof CliError) return false;
    throw error;
  }
}

async function streamOf(context: CommandContext, isQuiet: boolean): Promise<StreamSetting> {
  const { option } = context;
  const typed = option("stream");
  if (isQuiet && (typed === undefined || option("publisher") === undefined)) {
    const cure = "Add --stream /documentary/=FOLDER and --publisher ADDRESS.";
    throw new CliError("usage", "there is no stream to serve", cure);
  }
  const match = typed === undefined ? undefined : /^(\/[^=]*)=(.+)$/.exec(typed);
  if (match === null) {
    throw new CliError(
      "usage",
      `--stream is no path and source: ${String(typed)}`,
      "Write it as /documentary/=FOLDER.",
    );
  }
  const folder = match?.[2] ?? (await askText("folder with a published stream, or the URL of its origin"));
  const path = match?.[1] ?? (await askText("URL path of the stream", { initialValue: "/stream/" }));
  const publisher = option("publisher") ?? (await askText("address of its publisher"));
  if (!isHex(publisher, 20)) {
    throw new CliError("usage", `the publisher is no address: ${publisher}`, "It is 0x and 40 hexadecimal digits.");
  }
  return { path, source: folder, publisher };
}

/** The agent's keystore: one that is named and there, or a new one with a new or an imported key. */
async function agentKey(
  context: CommandContext,
  folder: string,
  isQuiet: boolean,
): Promise<{ readonly keystore: string; readonly passwordFile: string | undefined; readonly address: Address }> {
  const { config, isOn } = context;
  const keystore = config.get("agent.keystore") ?? join(folder, "keys", "agent.json");
  const passwordFile = config.get("agent.passwordFile");
  const existing = existsSync(keystore) ? readKeystoreAddress(context, keystore) : undefined;
  if (existing !== undefined) return { keystore, passwordFile, address: existing };
  assertAbsent(context, keystore);
  const isImport = isOn("import-key") || (!isQuiet && (await wantsImport()));
  const key: Hex = isImport
    ? parsePrivateKey(canAsk() ? await askSecret("private key of the agent") : await readStandardInput())
    : generatePrivateKey();
  const address = checksumAddress(privateKeyToAddress(key));
  const isGenerated =
    isOn("generate-password") || (!isQuiet && passwordFile === undefined && (await wantsPasswordFile()));
  if (!isGenerated) {
    writeKeystore(context, keystore, key, await newPassword(context, "agent", relative(context.cwd, keystore)));
    return { keystore, passwordFile, address };
  }
  const generated = passwordFile ?? keystore.replace(/(?:\.json)?$/, ".password");
  assertAbsent(context, generated);
  const password = randomBytes(24).toString("base64url");
  writeFileAtomically(generated, `${password}\n`, 0o600);
  writeKeystore(context, keystore, key, password);
  return { keystore, passwordFile: generated, address };
}

async function wantsImport(): Promise<boolean> {
  const choice = await askChoice("the relay's hot key", { new: "make a new one", import: "import one" });
  return choice === "import";
}

async function wantsPasswordFile(): Promise<boolean> {
  const choice = await askChoice("the key's password", {
    file: "make one, in a file beside it: the relay starts unattended",
    ask: "choose one, and type it at every start",
  });
  return choice === "file";
}

function asToml(key: SettingKey, text: string): string {
  const { form } = settings[key];
  if (form === "list")
    return `[${text
      .split(",")
      .map((part) => tomlText(part.trim()))
      .join(", ")}]`;
  return form === "number" ? text : tomlText(text);
}
