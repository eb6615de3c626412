import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { calleeOf, nodesIn, solidityAst, typeIdentifier, walk } from "./solidityAst.ts";
import type { AstNode } from "./solidityAst.ts";
import { writesAfterCalls } from "./writesAfterCalls.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Recovers signers by hand; a differential fuzz test holds it to what plain Solidity recovers. */
const RECOVERS_BY_HAND = "contracts/libraries/SettleRows.sol";
/** Low-level code lives in libraries, where it is small and tested by itself. */
const ASSEMBLY_FOLDER = "contracts/libraries/";
/** The one function that runs this contract's own code for its caller. */
const DELEGATES = "multicall";

type Rule = (
  node: AstNode,
  context: { readonly path: string; readonly parents: readonly AstNode[] },
) => string | undefined;

const yulName = (node: AstNode): string =>
  node.nodeType === "YulFunctionCall" ? String((node["functionName"] as AstNode)["name"]) : "";

const calleeType = (node: AstNode): string => (node.nodeType === "FunctionCall" ? typeIdentifier(calleeOf(node)) : "");

const rules: readonly Rule[] = [
  (node) => {
    const isOrigin = node.nodeType === "MemberAccess" && node["memberName"] === "origin";
    const base = isOrigin ? (node["expression"] as AstNode) : undefined;
    const found = (base !== undefined && typeIdentifier(base) === "t_magic_transaction") || yulName(node) === "origin";
    return found ? "tx.origin is whoever the caller could talk into sending a transaction" : undefined;
  },
  (node, { path }) => {
    const precompile = yulName(node) === "staticcall" ? nodesIn(node["arguments"])[1] : undefined;
    const byHand = precompile?.["value"] === "1" || precompile?.["value"] === "0x01";
    const found = byHand || calleeType(node).startsWith("t_function_ecrecover");
    return found && path !== RECOVERS_BY_HAND ? "raw ecrecover takes high s and answers zero for nonsense" : undefined;
  },
  (node, { parents }) => {
    const type = calleeType(node);
    const callee = type === "" ? undefined : calleeOf(node);
    const found =
      type.startsWith("t_function_baredelegatecall") ||
      type.startsWith("t_function_barecallcode") ||
      callee?.["memberName"] === "functionDelegateCall" ||
      ["delegatecall", "callcode"].includes(yulName(node));
    const inside = parents.find((parent) => parent.nodeType === "FunctionDefinition")?.["name"];
    return found && inside !== DELEGATES ? "delegatecall runs foreign code on this contract's storage" : undefined;
  },
  (node) =>
    /^t_function_(send|transfer)_/.test(calleeType(node))
      ? ".transfer and .send pass 2,300 gas, which is too little on some chains and no protection on others"
      : undefined,
  (node) => {
    if (node.nodeType !== "ExpressionStatement") return undefined;
    const call = node["expression"] as AstNode;
    if (/^t_function_bare/.test(calleeType(call))) return "the outcome of a low-level call is dropped";
    const isExternal = calleeType(call).startsWith("t_function_external");
    const movesTokens = isExternal && /^(transfer|transferFrom|approve)$/.test(String(calleeOf(call)["memberName"]));
    return movesTokens ? "some tokens answer false instead of reverting: use SafeERC20" : undefined;
  },
  (node) => {
    const found = calleeType(node).startsWith("t_function_selfdestruct") || yulName(node) === "selfdestruct";
    return found ? "selfdestruct strands what others are owed" : undefined;
  },
  (node, { path }) =>
    node.nodeType === "InlineAssembly" && !path.startsWith(ASSEMBLY_FOLDER)
      ? `assembly belongs into ${ASSEMBLY_FOLDER}`
      : undefined,
];

/**
 * What is wrong with some contracts, as lines of `path:line: what`. Their imports are followed but not judged.
 *
 * @param sources contents by path
 */
export function solidityFindings(sources: Readonly<Record<string, string>>): string[] {
  const ast = solidityAst(sources);
  const findings = new Set<string>();
  for (const path of Object.keys(sources)) {
    const unit = ast.units.get(path);
    if (unit === undefined) throw new Error(`no syntax tree of ${path}`);
    walk(unit, (node, parents) => {
      for (const rule of rules) {
        const message = rule(node, { path, parents });
        if (message !== undefined) findings.add(`${ast.locate(node)}: ${message}`);
      }
      const isEntryPoint = node.nodeType === "FunctionDefinition" && /external|public/.test(String(node["visibility"]));
      for (const { write, call } of isEntryPoint ? writesAfterCalls(ast, node) : []) {
        if (sources[ast.pathOf(write)] === undefined) continue;
        const entry = String(node["name"] === "" ? node["kind"] : node["name"]);
        findings.add(`${ast.locate(write)}: ${entry} writes to storage after the call at ${ast.locate(call)}`);
      }
    });
  }
  return [...findings].sort();
}

/** The contracts that are deployed, with their interfaces and libraries, by path. Mocks misbehave on purpose. */
export function deployableSources(): Record<string, string> {
  const paths = globSync("contracts/**/*.sol", { cwd: ROOT, exclude: ["contracts/mocks/**"] }).sort();
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(ROOT, path), "utf8")]));
}

if (import.meta.main) {
  const sources = deployableSources();
  const findings = solidityFindings(sources);
  for (const finding of findings) console.error(finding);
  console.log(`${Object.keys(sources).length} Solidity files, ${findings.length} findings`);
  process.exitCode = findings.length > 0 || Object.keys(sources).length === 0 ? 1 : 0;
}
