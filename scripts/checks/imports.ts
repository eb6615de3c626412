import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "../..");

/** What each folder of the SDK may import besides itself and packages. A new folder needs a line here. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  abis: [],
  internal: ["core"],
  exchange: ["core"],
  http: ["core"],
  chain: ["core", "abis"],
  ethers: ["core", "abis", "chain"],
  viewer: ["core", "exchange", "chain", "http", "internal"],
  relay: ["core", "exchange", "chain", "http", "internal"],
  publisher: ["core", "exchange", "chain", "http", "internal"],
  admin: ["core", "exchange", "chain", "http", "relay"],
  servers: ["core", "exchange", "chain", "http", "internal", "relay"],
};

/** Where Node.js may be used: everything else also runs in a browser. */
const NODE_ONLY = ["relay/", "servers/", "admin/", "publisher/node/", "cli/"];

/** What a browser loads in spite of that. */
const BROWSER_ONLY = ["admin/page/"];

/** Packages that belong to one folder. */
const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  dashjs: ["viewer"],
  ethers: ["ethers"],
  "hls.js": ["viewer"],
  hono: ["servers"],
  "@hono/node-server": ["servers"],
  "lru-cache": ["relay"],
  "p2p-media-loader-core": ["viewer"],
  "p2p-media-loader-hlsjs": ["viewer"],
  "proxy-addr": ["servers"],
  pg: ["relay"],
  pino: ["cli"],
  "prom-client": ["admin"],
  "shaka-player": ["viewer"],
  secp256k1: ["internal"],
  uplot: ["admin"],
};

/** Imports within `sdk/` that cross a boundary, as sentences. */
export function sdkImportViolations(): string[] {
  const sdk = join(ROOT, "sdk");
  return globSync("**/*.ts", { cwd: sdk }).flatMap((file) => {
    const { importedFiles } = ts.preProcessFile(readFileSync(join(sdk, file), "utf8"), true, true);
    return importedFiles.flatMap(({ fileName }) => {
      const reason = sdkViolation(file.replaceAll("\\", "/"), fileName);
      return reason === undefined ? [] : [`sdk/${file} imports ${fileName}: ${reason}`];
    });
  });
}

function sdkViolation(file: string, imported: string): string | undefined {
  const layer = folderOf(file);
  if (imported.startsWith(".")) {
    const target = posix.join(dirname(file), imported);
    if (target.startsWith("..")) return "it lies outside sdk/";
    return isAllowed(layer, folderOf(target)) ? undefined : `${layer} may not import ${folderOf(target)}`;
  }
  if (imported.startsWith("node:")) {
    const isIn = (prefix: string): boolean => file.startsWith(prefix);
    return NODE_ONLY.some(isIn) && !BROWSER_ONLY.some(isIn) ? undefined : "a browser loads this file";
  }
  if (layer === "exchange") return "the exchange imports core alone";
  const name = imported
    .split("/")
    .slice(0, imported.startsWith("@") ? 2 : 1)
    .join("/");
  const owners = PACKAGE_OWNERS[name];
  return owners === undefined || owners.includes(layer) ? undefined : `only ${owners.join(", ")} may use ${name}`;
}

function isAllowed(layer: string, target: string): boolean {
  return layer === target || layer === "cli" || MAY_IMPORT[layer]?.includes(target) === true;
}

function folderOf(file: string): string {
  return file.split("/")[0] ?? "";
}

/** Imports within `contracts/` that cross a boundary: a deployable is built from interfaces and libraries alone. */
export function contractImportViolations(): string[] {
  const contracts = join(ROOT, "contracts");
  return globSync("**/*.sol", { cwd: contracts }).flatMap((file) => {
    const source = readFileSync(join(contracts, file), "utf8");
    const imports = [...source.matchAll(/^import\s[^"]*"(\.[^"]+)";/gm)].map((match) => match[1] ?? "");
    return imports
      .filter((imported) => {
        const target = posix.join(dirname(file.replaceAll("\\", "/")), imported);
        return !file.startsWith("mocks") && !/^(interfaces|libraries)\//.test(target);
      })
      .map((imported) => `contracts/${file} imports ${imported}: neither an interface nor a library`);
  });
}
