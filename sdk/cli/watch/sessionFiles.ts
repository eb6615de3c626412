import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as v from "valibot";
import { checksumAddress, isHex, isSameAddress, privateKeyToAddress } from "../../core/index.ts";
import type { Address, Deployment, Hex } from "../../core/index.ts";
import { CliError } from "../cliError.ts";
import type { CommandContext } from "../commandSpec.ts";
import { writeFileAtomically } from "../writeFileAtomically.ts";

/**
 * A session key of this machine. It signs receipts and funding, so whoever has it can spend what is in its account, but
 * cannot take that out: only the wallet that owns the account can, with or without this key.
 */
export interface StoredSession {
  /** The session key's address: what the session is called by. */
  readonly id: Address;
  readonly key: Hex;
  readonly chainId: number;
  /** The escrow that its account is in. */
  readonly paymentChannels: Address;
  /** The wallet that owns, or will own, its account. */
  readonly owner: Address;
  /** The chain's block before which it did not exist: where to begin reading its events. */
  readonly since: number;
  /** Seconds since the epoch. */
  readonly createdAt: number;
}

const VERSION = "session/1";
const address = v.custom<Address>((input) => isHex(input, 20));
const fileSchema = v.strictObject({
  weir: v.literal(VERSION),
  key: v.custom<Hex>((input) => isHex(input, 32)),
  chainId: v.pipe(v.number(), v.integer()),
  paymentChannels: address,
  owner: address,
  since: v.pipe(v.number(), v.integer()),
  createdAt: v.pipe(v.number(), v.integer()),
});

/** The folder with the sessions of this user, by the setting or where the system wants state to be. */
export function sessionFolder({ config, env }: Pick<CommandContext, "config" | "env">): string {
  const home = env["XDG_STATE_HOME"];
  const byDefault = join(home === undefined || home === "" ? join(homedir(), ".local", "state") : home, "weir");
  return join(config.get("viewer.state") ?? byDefault, "sessions");
}

/** The file with what a viewer remembers of a session. */
export function sessionStoreFile(folder: string, id: Address): string {
  return join(folder, `${id.toLowerCase()}.sqlite`);
}

/** Writes a session down; when this returns, it is on disk, so that money may follow it. */
export function writeSession(folder: string, session: StoredSession): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { chainId, createdAt, key, owner, paymentChannels, since } = session;
  const content = { weir: VERSION, key, chainId, paymentChannels, owner, since, createdAt };
  writeFileAtomically(keyFile(folder, session.id), `${JSON.stringify(content, undefined, 2)}\n`, 0o600);
}

/**
 * Every session of this user, the newest first.
 *
 * @throws CliError `key` for a file that is none, or that others can read
 */
export function readSessions(folder: string): StoredSession[] {
  const names = statSync(folder, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(folder);
  return names
    .filter((name) => name.endsWith(".json"))
    .map((name) => readSession(join(folder, name)))
    .sort((a, b) => b.createdAt - a.createdAt);
}

/** Forgets a session whose account is empty and whose channels are closed. */
export function removeSession(folder: string, id: Address): void {
  const store = sessionStoreFile(folder, id);
  for (const file of [store, `${store}-wal`, `${store}-shm`, keyFile(folder, id)]) rmSync(file, { force: true });
}

/** Whether a session is one of this deployment. */
export function isSessionOf({ chainId, paymentChannels }: StoredSession, deployment: Deployment): boolean {
  return chainId === deployment.chainId && isSameAddress(paymentChannels, deployment.paymentChannels.address);
}

function keyFile(folder: string, id: Address): string {
  return join(folder, `${id.toLowerCase()}.json`);
}

function readSession(file: string): StoredSession {
  if (process.platform !== "win32" && (statSync(file).mode & 0o077) !== 0) {
    throw new CliError("key", `others can read the session key ${file}`, `Take that away: chmod 600 ${file}`);
  }
  const { output, success } = v.safeParse(fileSchema, parsed(readFileSync(file, "utf8")));
  if (!success) {
    const cure = "Move it away; the wallet gets the money back with: weir sessions close --all --scan";
    throw new CliError("key", `${file} is no session`, cure);
  }
  const { chainId, createdAt, key, owner, paymentChannels, since } = output;
  const id = checksumAddress(privateKeyToAddress(key));
  return { id, key, chainId, paymentChannels, owner, since, createdAt };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What it is instead does not matter: it is no session.
    return undefined;
  }
}
