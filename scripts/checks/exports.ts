import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "../..");
const SNAPSHOT = join(ROOT, "snapshots/exports.json");

/** Names by entry point of the package; a name that is only a type says so. */
export type ExportLists = Readonly<Record<string, readonly string[]>>;

/** What every entry point of package.json exports now. */
export function exportLists(): ExportLists {
  const entries = entryFiles();
  const { options } = ts.parseJsonConfigFileContent(readJson("tsconfig.json"), ts.sys, ROOT);
  const program = ts.createProgram([...entries.values()], options);
  const checker = program.getTypeChecker();
  const list = (file: string): string[] => {
    const source = program.getSourceFile(file);
    const module = source === undefined ? undefined : checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} is not a module`);
    return checker
      .getExportsOfModule(module)
      .map((symbol) => described(symbol, checker))
      .sort();
  };
  return Object.fromEntries([...entries].map(([entry, file]) => [entry, list(file)]));
}

/** What was agreed to be public. */
export function committedExportLists(): ExportLists {
  return readJson("snapshots/exports.json") as ExportLists;
}

/** Source files by entry point: `./dist/core/index.js` is built from `sdk/core/index.ts`. */
function entryFiles(): Map<string, string> {
  const { exports } = readJson("package.json") as { exports: Record<string, string | { default: string }> };
  const entries = Object.entries(exports).flatMap(([entry, target]) =>
    typeof target === "string"
      ? []
      : [[entry, join(ROOT, target.default.replace("./dist/", "sdk/").replace(/\.js$/, ".ts"))] as const],
  );
  return new Map(entries);
}

function described(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const target = hasFlag(symbol, ts.SymbolFlags.Alias) ? checker.getAliasedSymbol(symbol) : symbol;
  return hasFlag(target, ts.SymbolFlags.Value) ? symbol.name : `type ${symbol.name}`;
}

function hasFlag(symbol: ts.Symbol, flag: ts.SymbolFlags): boolean {
  return (symbol.flags & flag) !== 0;
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}

if (import.meta.main) writeFileSync(SNAPSHOT, `${JSON.stringify(exportLists(), undefined, 2)}\n`);
