// Sets the repository up: `node scripts/setup.mjs [script [arguments]]`.
//
// Installs the packages of package-lock.json, links the command, compiles the contracts and writes their ABIs, each only
// when something is missing or has changed; then runs the given script on the Node.js that package.json pins. This file
// alone must run on Node.js 18 with nothing installed, so it is plain JavaScript without dependencies.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, "node_modules", ".bin");
const STAMPS = join(ROOT, "node_modules", ".weir-setup.json");
const WINDOWS = process.platform === "win32";
/** Below this npm leaves out Hardhat's native part, whose package says that it needs this version. */
const OLDEST_INSTALLER = [22, 13];

/** What ran last, by step. It lies in node_modules so that removing those starts afresh. */
const stamps = existsSync(STAMPS) ? JSON.parse(readFileSync(STAMPS, "utf8")) : {};

function stamp(step, key) {
  stamps[step] = key;
  mkdirSync(dirname(STAMPS), { recursive: true });
  writeFileSync(STAMPS, JSON.stringify(stamps));
}

function hashOf(...texts) {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex");
}

function read(...path) {
  return readFileSync(join(ROOT, ...path), "utf8");
}

/** Whether every package of the lock file that this platform can use is in node_modules, whoever put it there. */
function packagesArePresent(lockFile) {
  const hidden = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const present = JSON.parse(readFileSync(hidden, "utf8")).packages;
  return Object.entries(JSON.parse(lockFile).packages).every(
    ([path, wanted]) => path === "" || present[path]?.version === wanted.version || !isNeededHere(wanted),
  );
}

/** An optional package is needed if it was made for this platform; others serve packages that this platform lacks. */
function isNeededHere({ optional, os, cpu, libc = [libcName()] }) {
  if (!optional) return true;
  return Boolean(os?.includes(process.platform) && cpu?.includes(process.arch) && libc.includes(libcName()));
}

function libcName() {
  if (process.platform !== "linux") return undefined;
  return existsSync("/lib/ld-musl-x86_64.so.1") || existsSync("/lib/ld-musl-aarch64.so.1") ? "musl" : "glibc";
}

function canInstall() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_INSTALLER;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

function install() {
  const lockFile = read("package-lock.json");
  const key = hashOf(lockFile, process.platform, process.arch);
  if (stamps.install === key && existsSync(BIN)) return;
  if (!packagesArePresent(lockFile)) {
    say("installing packages");
    if (canInstall()) run("npm", ["ci", "--include=dev", "--include=optional"]);
    else run("npx", ["-y", "-p", "node@24", "-p", "npm@11", "-c", "npm ci --include=dev --include=optional"]);
    // npm has replaced node_modules, so whatever was built from it is built again.
    for (const step of Object.keys(stamps)) delete stamps[step];
  }
  stamp("install", key);
}

function solidityFiles(folder) {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return solidityFiles(path);
      return entry.name.endsWith(".sol") ? [path] : [];
    });
}

function compile() {
  const inputs = ["package-lock.json", "hardhat.config.ts", "scripts/abis.ts", ...solidityFiles("contracts")];
  const key = hashOf(...inputs.flatMap((path) => [path, read(path)]));
  if (stamps.compile === key && existsSync(join(ROOT, "artifacts")) && existsSync(join(ROOT, "types"))) return;
  say("compiling contracts");
  run("hardhat", ["build", "--no-tests", "--quiet"]);
  // In CI the committed ABIs are tested as they are; writing them here would hide that one is out of date.
  if (!process.env.CI) run(nodePath(), ["scripts/abis.ts"]);
  stamp("compile", key);
}

/** The pinned Node.js, or the running one where the package's own installation step was not allowed to run. */
function nodePath() {
  const pinned = join(ROOT, "node_modules", "node", "bin", WINDOWS ? "node.exe" : "node");
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split(".")[0]) >= 24) return process.execPath;
  throw new Error(`The package "node" is not installed and Node.js ${process.versions.node} is older than 24.`);
}

/** npm put node_modules/.bin into PATH before it existed, and shells remember where they found a command. */
function environment() {
  const path = [dirname(existsSync(BIN) ? nodePath() : process.execPath), BIN, process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path, HARDHAT_DISABLE_TELEMETRY_PROMPT: "true" };
}

function say(text) {
  process.stderr.write(`weir setup: ${text}\n`);
}

function run(command, args) {
  // Standard output belongs to the script that was asked for: it may be printing JSON.
  const options = { cwd: ROOT, env: environment(), stdio: ["ignore", 2, 2], shell: WINDOWS };
  const { status, signal, error } = spawnSync(command, args, options);
  if (error) throw error;
  if (status !== 0) {
    say(`"${command} ${args.join(" ")}" failed with ${signal ?? `status ${status}`}`);
    process.exit(status ?? 1);
  }
}

/** Becomes the given script as far as a process can: same streams, signals passed on, same way to end. */
function become(script, args) {
  const child = spawn(nodePath(), [script, ...args], { cwd: ROOT, env: environment(), stdio: "inherit" });
  // A terminal sends Ctrl-C to the child as well; this process only has to outlive it.
  for (const signal of ["SIGINT", "SIGHUP"]) process.on(signal, () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("error", (error) => {
    throw error;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? 128 + constants.signals[signal];
  });
}

/** npm links the commands of dependencies; this lets `npx weir` run the command of the clone itself, from its sources. */
function linkCommand() {
  const link = join(BIN, "weir");
  if (!WINDOWS && !existsSync(link)) symlinkSync(join("..", "..", "sdk", "cli", "main.ts"), link);
}

install();
linkCommand();
compile();
const [script, ...args] = process.argv.slice(2);
if (script !== undefined) become(script, args);
