import { readFileSync, statSync } from "node:fs";
import { dirname, relative } from "node:path";
import { privateKeyToAccount } from "viem/accounts";
import type { LocalAccount } from "viem";
import { isHex } from "../core/index.ts";
import type { Address, Hex } from "../core/index.ts";
import { CliError } from "./cliError.ts";
import type { CommandContext } from "./commandSpec.ts";
import { decryptKeystore, encryptKeystore, keystoreAddress } from "./keystore.ts";
import { askSecret } from "./prompts.ts";
import { writeFileAtomically } from "./writeFileAtomically.ts";

/** Whose key: that of whoever runs a command, or the relay's. */
export type KeyRole = "wallet" | "agent";

/** A decrypted key. */
export interface OpenKey {
  readonly key: Hex;
  readonly account: LocalAccount;
}

const PASSWORD_VARIABLES: Readonly<Record<KeyRole, string>> = {
  wallet: "WEIR_WALLET_PASSWORD",
  agent: "WEIR_AGENT_PASSWORD",
};

/**
 * Decrypts the keystore of a role with its password: from the password file, else the environment, else the terminal.
 *
 * @throws CliError `configuration` if there is no such setting, `key` if it cannot be opened
 */
export async function openKey(context: CommandContext, role: KeyRole): Promise<OpenKey> {
  const file = context.config.require(`${role}.keystore`);
  return openKeystore(context, file, await readPassword(context, role, shown(context, file)));
}

/** Decrypts a keystore file. @throws CliError `key` */
export function openKeystore(context: CommandContext, file: string, password: string): OpenKey {
  const text = readKeystore(context, file);
  let key: Hex;
  try {
    key = decryptKeystore(text, password);
  } catch (cause) {
    const reason = cause instanceof SyntaxError ? "not a keystore file" : messageOf(cause);
    throw new CliError("key", `${shown(context, file)}: ${reason}`, "Check the file and its password.", cause);
  }
  // Nothing writes it; from here on nothing can.
  context.output.hide(key, "[private key]");
  context.output.hide(key.slice(2), "[private key]");
  return { key, account: privateKeyToAccount(key) };
}

/** Whose keystore it is, by what the file says or, if it says nothing, by its key. */
export async function addressOfKey(context: CommandContext, role: KeyRole): Promise<Address> {
  const file = context.config.require(`${role}.keystore`);
  return readKeystoreAddress(context, file) ?? (await openKey(context, role)).account.address;
}

/** The address in a keystore file, if there is one. @throws CliError `key` if it is no keystore */
export function readKeystoreAddress(context: CommandContext, file: string): Address | undefined {
  const text = readKeystore(context, file);
  try {
    return keystoreAddress(text);
  } catch (cause) {
    throw new CliError("key", `${shown(context, file)}: not a keystore file`, "Check the file.", cause);
  }
}

/** The password of a role's keystore: from its file, the environment or the terminal. */
export async function readPassword(context: CommandContext, role: KeyRole, about: string): Promise<string> {
  return knownPassword(context, role) ?? (await askSecret(`password of ${about}`));
}

/** A new password: as an old one, but a person types it twice. @throws CliError `key` if empty or mistyped */
export async function newPassword(context: CommandContext, role: KeyRole, about: string): Promise<string> {
  const known = knownPassword(context, role);
  if (known !== undefined) return known;
  const password = await askSecret(`new password of ${about}`);
  if (password === "") throw new CliError("key", "the password is empty", "Choose one.");
  if ((await askSecret("same password again")) !== password) {
    throw new CliError("key", "the two passwords differ", "Repeat the command.");
  }
  return password;
}

/** Encrypts a key into a file that only its owner can read. @throws CliError `failed` if the file is there */
export function writeKeystore(context: CommandContext, file: string, key: Hex, password: string): void {
  assertAbsent(context, file);
  writeFileAtomically(file, encryptKeystore(key, password), 0o600);
}

/** @throws CliError `failed` if there is such a file: a key that is overwritten is money lost */
export function assertAbsent({ cwd }: CommandContext, file: string): void {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return;
  throw new CliError(
    "failed",
    `${relative(cwd, file)} is there already`,
    "Choose another file, or move that one away.",
  );
}

/** A private key as people paste it: 32 bytes in hex. @throws CliError `key` */
export function parsePrivateKey(text: string): Hex {
  const trimmed = text.trim();
  const key = trimmed.startsWith("0x") ? trimmed : `0x${trimmed}`;
  if (!isHex(key, 32)) throw new CliError("key", "that is no private key", "It has 64 hexadecimal digits.");
  return key;
}

/** Reads standard input to its end: how a key gets in without a command line. */
export async function readStandardInput(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += String(chunk);
  return text;
}

function knownPassword({ config, cwd, env }: CommandContext, role: KeyRole): string | undefined {
  const file = config.get(`${role}.passwordFile`);
  if (file === undefined) return env[PASSWORD_VARIABLES[role]];
  try {
    return readFileSync(file, "utf8").split(/\r?\n/, 1)[0] ?? "";
  } catch (cause) {
    const from = config.sourceOf(`${role}.passwordFile`);
    const message = `the password file ${relative(cwd, file)} cannot be read`;
    throw new CliError("key", message, `Correct ${role}.passwordFile (${from}), or write the file.`, cause);
  }
}

function readKeystore(context: CommandContext, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const cure = "Check the path, or make a key with: weir key new FILE";
    throw new CliError("key", `the keystore ${shown(context, file)} cannot be read`, cure, cause);
  }
}

function shown({ cwd }: CommandContext, file: string): string {
  const path = relative(cwd, file);
  return dirname(path).startsWith("../..") ? file : path;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
