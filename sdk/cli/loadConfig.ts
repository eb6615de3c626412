import { existsSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { parse, TomlError } from "smol-toml";
import * as v from "valibot";
import { CliError } from "./cliError.ts";
import { expectations, settings, streamSchema, variableOf } from "./settings.ts";
import type { SettingKey, SettingValue, StreamSetting } from "./settings.ts";

/** Where settings come from, the strongest last. */
export interface ConfigSources {
  /** Named by `--config`; must exist. `false`: read none. */
  readonly file?: string | false | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By setting, as typed. */
  readonly flags: Readonly<Partial<Record<SettingKey, string>>>;
  readonly cwd: string;
}

/** The settings of one run: file, then environment, then command line. */
export interface Config {
  /** The file that was read, if there is one. */
  readonly file: string | undefined;
  /** Sentences about what was ignored. */
  readonly warnings: readonly string[];
  readonly streams: readonly StreamSetting[];
  /** What a setting is, or its default, if it has one. */
  readonly get: <Key extends SettingKey>(key: Key) => SettingValue<Key> | undefined;
  /** The same. @throws CliError `configuration` that says how to set it */
  readonly require: <Key extends SettingKey>(key: Key) => SettingValue<Key>;
  /** Where a value comes from, as a person would say it. */
  readonly sourceOf: (key: SettingKey) => string;
}

/** The file that is read when none is named. */
export const DEFAULT_FILE = "weir.toml";

/** Variables of ours that are no settings. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set([
  "WEIR_CONFIG",
  "WEIR_WALLET_PASSWORD",
  "WEIR_AGENT_PASSWORD",
  "WEIR_ADMIN_TOKEN",
  "WEIR_DEPLOYER_KEY",
  "WEIR_KEYSTORE_PASSWORD",
]);

const keys = Object.keys(settings) as SettingKey[];

interface Given {
  readonly value: unknown;
  readonly source: string;
}

/**
 * Reads and checks every setting that is given anywhere.
 *
 * @throws CliError `configuration` that names the setting, where it came from, and what it must be
 */
export function loadConfig({ cwd, env, file, flags }: ConfigSources): Config {
  const path = configPath(cwd, file, env["WEIR_CONFIG"]);
  const folder = path === undefined ? cwd : dirname(path);
  const shown = path === undefined ? "" : relative(cwd, path) || path;
  const table = path === undefined ? {} : readToml(path, shown);
  const fromFile = flatten(table, shown);
  const given = new Map<SettingKey, Given>();
  for (const key of keys) {
    const variable = variableOf(key);
    const flag = flags[key];
    const text = env[variable];
    if (flag !== undefined) given.set(key, { value: fromText(key, flag, cwd), source: `--${settings[key].flag}` });
    else if (text !== undefined && text !== "") given.set(key, { value: fromText(key, text, cwd), source: variable });
    else if (fromFile.has(key)) {
      const value = fromFile.get(key);
      const isPath = settings[key].form === "path" && typeof value === "string" && value !== "";
      given.set(key, { value: isPath ? resolve(folder, value) : value, source: shown });
    }
  }
  const checked = new Map([...given].map(([key, entry]) => [key, check(key, entry)] as const));
  const streams = checkStreams(fromFile.get("relay.streams"), shown).map((stream) => ({
    ...stream,
    source: /^https?:/i.test(stream.source) ? stream.source : resolve(folder, stream.source),
  }));
  const get = <Key extends SettingKey>(key: Key): SettingValue<Key> | undefined => {
    const setting: { readonly fallback?: unknown; readonly form: string } = settings[key];
    const { fallback } = setting;
    const byDefault = setting.form === "path" && typeof fallback === "string" ? resolve(folder, fallback) : fallback;
    return (checked.has(key) ? checked.get(key) : byDefault) as SettingValue<Key> | undefined;
  };
  return {
    file: path,
    warnings: unknownVariables(env),
    streams,
    get,
    require(key) {
      const value = get(key);
      if (value === undefined) throw missing(key, shown);
      return value;
    },
    sourceOf: (key) => given.get(key)?.source ?? "the default",
  };
}

function configPath(cwd: string, named: string | false | undefined, variable: string | undefined): string | undefined {
  if (named === false) return undefined;
  const chosen = named ?? (variable === "" ? undefined : variable);
  if (chosen === undefined) {
    const byDefault = resolve(cwd, DEFAULT_FILE);
    return existsSync(byDefault) ? byDefault : undefined;
  }
  const path = resolve(cwd, chosen);
  if (!existsSync(path)) {
    const from = named === undefined ? "WEIR_CONFIG" : "--config";
    throw wrong(`there is no file ${chosen}`, `Correct ${from}, or write the file with: weir relay init`);
  }
  return path;
}

function readToml(path: string, shown: string): Record<string, unknown> {
  try {
    return parse(readFileSync(path, "utf8"));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = (error.message.split("\n", 1)[0] ?? "").replace(/^Invalid TOML document: /, "");
    const place = `line ${String(error.line)}, column ${String(error.column)}`;
    throw wrong(`${shown} is not valid TOML: ${reason}, ${place}`, "Correct that line; texts stand in quotes.", error);
  }
}

/** Tables as dotted keys, one level deep, which is all there is. */
function flatten(table: Readonly<Record<string, unknown>>, shown: string): Map<string, unknown> {
  const known = new Set<string>([...keys, "relay.streams"]);
  const found = new Map<string, unknown>();
  for (const [section, entries] of Object.entries(table)) {
    const isTable = typeof entries === "object" && entries !== null && !Array.isArray(entries);
    const names = isTable ? Object.entries(entries).map(([name, value]) => [`${section}.${name}`, value] as const) : [];
    for (const [key, value] of isTable ? names : [[section, entries] as const]) {
      if (!known.has(key)) throw unknownKey(key, shown, known);
      found.set(key, value);
    }
  }
  return found;
}

function unknownKey(key: string, shown: string, known: ReadonlySet<string>): CliError {
  const nearest = [...known].find((each) => distance(each.toLowerCase(), key.toLowerCase()) <= 3);
  return wrong(
    `${shown} sets ${key}, which is no setting`,
    nearest === undefined ? "Remove it; weir help settings lists all there are." : `Did you mean ${nearest}?`,
  );
}

/** Edits between two short words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const kept = (row[j] ?? 0) + Number(letter !== other);
      next.push(Math.min(kept, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function fromText(key: SettingKey, text: string, cwd: string): unknown {
  const { form } = settings[key];
  if (form === "number") return /^[0-9]{1,15}$/.test(text) ? Number(text) : text;
  if (form === "list") return text.split(",").map((part) => part.trim());
  return form === "path" ? resolve(cwd, text) : text;
}

function check(key: SettingKey, { source, value }: Given): unknown {
  const { output, success } = v.safeParse(settings[key].schema, value);
  if (success) return output;
  // Their URLs can carry keys and passwords.
  const hidden = key === "chain.rpc" || key === "relay.store" ? "" : `, not ${JSON.stringify(value)}`;
  throw wrong(`${key} must be ${expectations[key]}${hidden}`, `Correct it where it comes from: ${source}.`);
}

function checkStreams(value: unknown, shown: string): StreamSetting[] {
  if (value === undefined) return [];
  const { issues, output, success } = v.safeParse(v.array(streamSchema, "must be tables [[relay.streams]]"), value);
  if (success) return output;
  const [first] = issues;
  const [index, member] = (first.path ?? []).map(({ key }) => String(key));
  const name = `relay.streams${index === undefined ? "" : `[${index}]`}${member === undefined ? "" : `.${member}`}`;
  const reason =
    first.received === "undefined" ? "is missing" : first.expected === "never" ? "is no setting" : first.message;
  throw wrong(`${name} ${reason}`, `Correct it in ${shown}; a stream has path, source and publisher.`);
}

function unknownVariables(env: ConfigSources["env"]): string[] {
  const known = new Set([...keys.map(variableOf), ...OTHER_VARIABLES]);
  return Object.keys(env)
    .filter((name) => name.startsWith("WEIR_") && !known.has(name))
    .map((name) => `the environment variable ${name} is no setting and was ignored`);
}

function missing(key: SettingKey, shown: string): CliError {
  const [section, name] = key.split(".");
  const inFile = `${String(name)} under [${String(section)}] in ${shown === "" ? DEFAULT_FILE : shown}`;
  return wrong(`${key} is not set`, `Set ${inFile}, ${variableOf(key)}, or --${settings[key].flag}.`);
}

function wrong(message: string, cure: string, cause?: unknown): CliError {
  return new CliError("configuration", message, cure, cause);
}
