import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A node of solc's syntax tree, whose members depend on its `nodeType`. */
export interface AstNode {
  readonly nodeType: string;
  readonly id: number;
  /** `offset:length:file`, in bytes. */
  readonly src: string;
  readonly [member: string]: unknown;
}

/** The syntax trees of some sources and of everything they import. */
export interface SolidityAst {
  /** The root of each source, by path. */
  readonly units: ReadonlyMap<string, AstNode>;
  /** Every declaration, by the id that references carry. */
  readonly declarations: ReadonlyMap<number, AstNode>;
  /** Where a node begins, as `path:line`. */
  locate(node: AstNode): string;
  /** The path of the source that a node belongs to. */
  pathOf(node: AstNode): string;
}

const ROOT = join(import.meta.dirname, "../..");
const solc = createRequire(import.meta.url)("solc") as {
  compile(input: string, callbacks: { import(path: string): { contents: string } | { error: string } }): string;
};

interface CompilerOutput {
  readonly sources?: Readonly<Record<string, { readonly id: number; readonly ast: AstNode }>>;
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
}

/**
 * Parses Solidity sources. Imports are looked up among them, then in the repository, then among its packages.
 *
 * @param sources contents by path
 * @throws Error with the compiler's words if they do not compile
 */
export function solidityAst(sources: Readonly<Record<string, string>>): SolidityAst {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(sources).map(([path, content]) => [path, { content }])),
    settings: { outputSelection: { "*": { "": ["ast"] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: findImport })) as CompilerOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));

  const units = new Map<string, AstNode>();
  const paths = new Map<number, string>();
  const declarations = new Map<number, AstNode>();
  for (const [path, { id, ast }] of Object.entries(output.sources ?? {})) {
    units.set(path, ast);
    paths.set(id, path);
    walk(ast, (node) => {
      if (/Definition|Declaration/.test(node.nodeType)) declarations.set(node.id, node);
    });
  }
  const position = (node: AstNode): [offset: number, file: number] => {
    const [offset = 0, , file = 0] = node.src.split(":").map(Number);
    return [offset, file];
  };
  const pathOf = (node: AstNode): string => paths.get(position(node)[1]) ?? "";
  const locate = (node: AstNode): string => {
    const path = pathOf(node);
    const text = Buffer.from(sources[path] ?? readFileSync(join(ROOT, path)));
    return `${path}:${text.subarray(0, position(node)[0]).toString().split("\n").length}`;
  };
  return { units, declarations, locate, pathOf };
}

function findImport(path: string): { contents: string } | { error: string } {
  const file = [join(ROOT, path), join(ROOT, "node_modules", path)].find((candidate) => existsSync(candidate));
  return file === undefined ? { error: `not found: ${path}` } : { contents: readFileSync(file, "utf8") };
}

/** Whether a value is a node of the tree. */
export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "nodeType" in value;
}

/** The nodes in a member that holds a node, a list of them, or nothing. */
export function nodesIn(value: unknown): AstNode[] {
  return (Array.isArray(value) ? value : [value]).filter(isNode);
}

/** Calls `visit` for a node and everything below it, outermost first. */
export function walk(node: AstNode, visit: (node: AstNode, parents: readonly AstNode[]) => void): void {
  const parents: AstNode[] = [];
  const descend = (current: AstNode): void => {
    visit(current, parents);
    parents.push(current);
    for (const value of Object.values(current)) nodesIn(value).forEach(descend);
    parents.pop();
  };
  descend(node);
}

/** The compiler's name for the type of an expression, such as `t_function_barecall_payable$...`. */
export function typeIdentifier(node: AstNode): string {
  return (node["typeDescriptions"] as { typeIdentifier?: string } | undefined)?.typeIdentifier ?? "";
}

/** What a call calls, without its options (`{value: ...}`). */
export function calleeOf(call: AstNode): AstNode {
  const callee = call["expression"] as AstNode;
  return callee.nodeType === "FunctionCallOptions" ? (callee["expression"] as AstNode) : callee;
}
