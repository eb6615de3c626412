import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";

/**
 * Writes `sdk/abis` from the compiled contracts: `npm run abis`. With `--check` it writes nothing and fails if a committed
 * file differs. One file for each ABI, another for its bytecode, so that a browser loads bytecode only where it deploys.
 */

const ROOT = join(import.meta.dirname, "..");
const TARGET = join(ROOT, "sdk/abis");
const HEADER = "// Written by scripts/abis.ts from the compiled contracts. Do not edit.\n";

/** Every deployable, and the token that the demonstration and the tests use. */
async function contractSources(): Promise<string[]> {
  const names = await readdir(join(ROOT, "contracts"));
  const deployables = names.filter((name) => name.endsWith(".sol")).sort();
  return [...deployables, "mocks/WeirTestToken.sol"];
}

interface Artifact {
  readonly abi: readonly unknown[];
  readonly bytecode: string;
}

async function readArtifact(source: string): Promise<Artifact> {
  const path = join(ROOT, "artifacts/contracts", source, `${basename(source, ".sol")}.json`);
  return JSON.parse(await readFile(path, "utf8")) as Artifact;
}

/** What `sdk/abis` has to contain: text by file name. */
async function generate(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const names: string[] = [];
  for (const source of await contractSources()) {
    const { abi, bytecode } = await readArtifact(source);
    const contract = basename(source, ".sol");
    const name = contract.charAt(0).toLowerCase() + contract.slice(1);
    names.push(name);
    files.set(`${name}.ts`, `${HEADER}export const ${name}Abi = ${JSON.stringify(abi, undefined, 2)} as const;\n`);
    files.set(`bytecode/${name}.ts`, `${HEADER}export const ${name}Bytecode =\n  "${bytecode}" as const;\n`);
  }
  const index = (suffix: string): string =>
    HEADER + names.map((name) => `export { ${name}${suffix} } from "./${name}.ts";\n`).join("");
  return files.set("index.ts", index("Abi")).set("bytecode/index.ts", index("Bytecode"));
}

async function committed(): Promise<Map<string, string>> {
  const entries = await readdir(TARGET, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(
    paths.map(async (path) => [path.slice(TARGET.length + 1), await readFile(path, "utf8")] as const),
  );
  return new Map(texts);
}

const check = process.argv.includes("--check");
const wanted = await generate();
await mkdir(join(TARGET, "bytecode"), { recursive: true });
const present = await committed();
const stale = [...new Set([...wanted.keys(), ...present.keys()])].filter(
  (name) => wanted.get(name) !== present.get(name),
);
if (check && stale.length > 0) {
  throw new Error(`sdk/abis is out of date (${stale.join(", ")}): run "npm run abis" and commit what it writes.`);
}
for (const name of stale) {
  const text = wanted.get(name);
  if (text === undefined) await rm(join(TARGET, name));
  else await writeFile(join(TARGET, name), text);
}
console.log(stale.length === 0 ? "sdk/abis is up to date" : `wrote ${stale.join(", ")}`);
