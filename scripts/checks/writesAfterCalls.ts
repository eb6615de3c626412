import { calleeOf, isNode, nodesIn, typeIdentifier } from "./solidityAst.ts";
import type { AstNode, SolidityAst } from "./solidityAst.ts";

/** A write to storage that can happen after control was handed to another contract. */
export interface WriteAfterCall {
  readonly write: AstNode;
  readonly call: AstNode;
}

/** How far a path through a function got: the first call it made, or none, or it has returned or reverted. */
type Path = AstNode | "no call" | "ended";

const CONTROL_LEAVES =
  /^t_function_(external|barecall|barecallcode|baredelegatecall|delegatecall|send|transfer|creation)_/;
const ONLY_LOOKS = /(_view|_pure)(_|\$|$)/;
const YUL_CALLS = new Set(["call", "callcode", "delegatecall", "create", "create2"]);

/**
 * Follows every path through a function, into the internal functions and modifiers that it uses, and reports each write to
 * storage that comes after a call that can change state elsewhere. Loops are followed twice, so that a call of one round
 * meets the writes of the next. A reentrancy guard is no excuse.
 */
export function writesAfterCalls(ast: SolidityAst, entryPoint: AstNode): WriteAfterCall[] {
  const found = new Map<AstNode, AstNode>();
  const stack: AstNode[] = [];
  /** Where the function that is being followed returned so far. */
  let returned: Path = "ended";
  /** What a modifier's `_` stands for. */
  let placeholder: (path: Path) => Path = (path) => path;

  const write = (node: AstNode, path: Path): Path => {
    if (typeof path !== "string") found.set(node, path);
    return path;
  };

  function follow(definition: AstNode, path: Path): Path {
    if (path === "ended" || stack.includes(definition)) return path;
    const [outerReturned, outerPlaceholder] = [returned, placeholder];
    stack.push(definition);
    returned = "ended";
    const steps = [...modifiersOf(definition), definition].map((node) => nodesIn(node["body"]));
    const run = (step: number, from: Path): Path => {
      const before = placeholder;
      placeholder = (inner) => run(step + 1, inner);
      const end = sequence(steps[step] ?? [], from);
      placeholder = before;
      if (step < steps.length - 1) return end;
      // A `return` of the body hands over to the rest of the modifiers.
      const out = merge(end, returned);
      returned = "ended";
      return out;
    };
    const end = merge(run(0, path), returned);
    stack.pop();
    [returned, placeholder] = [outerReturned, outerPlaceholder];
    return end;
  }

  function modifiersOf(definition: AstNode): AstNode[] {
    return nodesIn(definition["modifiers"])
      .map((invocation) => declarationOf(invocation["modifierName"]))
      .filter((declaration) => declaration?.nodeType === "ModifierDefinition") as AstNode[];
  }

  function declarationOf(reference: unknown): AstNode | undefined {
    if (!isNode(reference)) return undefined;
    return ast.declarations.get(reference["referencedDeclaration"] as number);
  }

  const sequence = (nodes: readonly AstNode[], path: Path): Path =>
    nodes.reduce<Path>((current, node) => (current === "ended" ? current : visit(node, current)), path);

  const members = (node: AstNode, ...names: string[]): AstNode[] => names.flatMap((name) => nodesIn(node[name]));

  function visit(node: AstNode, path: Path): Path {
    switch (node.nodeType) {
      case "IfStatement":
      case "Conditional": {
        const decided = sequence(members(node, "condition"), path);
        const yes = sequence(members(node, "trueBody", "trueExpression"), decided);
        return merge(yes, sequence(members(node, "falseBody", "falseExpression"), decided));
      }
      case "BinaryOperation": {
        const left = sequence(members(node, "leftExpression"), path);
        return merge(left, sequence(members(node, "rightExpression"), left));
      }
      case "TryStatement": {
        const tried = sequence(members(node, "externalCall"), path);
        return members(node, "clauses").reduce<Path>((end, clause) => merge(end, visit(clause, tried)), "ended");
      }
      case "ForStatement":
      case "WhileStatement":
      case "DoWhileStatement":
      case "YulForLoop": {
        const round = members(node, "condition", "body", "loopExpression", "post");
        const once = sequence(members(node, "initializationExpression", "pre"), path);
        const first = merge(once, sequence(round, once));
        return merge(first, sequence(round, first));
      }
      case "Return":
        returned = merge(returned, sequence(members(node, "expression"), path));
        return "ended";
      case "RevertStatement":
        return "ended";
      case "PlaceholderStatement":
        return placeholder(path);
      case "Assignment": {
        const assigned = sequence(members(node, "rightHandSide", "leftHandSide"), path);
        return nodesIn(node["leftHandSide"]).some(isStorage) ? write(node, assigned) : assigned;
      }
      case "UnaryOperation": {
        const operand = sequence(members(node, "subExpression"), path);
        const changes = ["++", "--", "delete"].includes(String(node["operator"]));
        return changes && members(node, "subExpression").some(isStorage) ? write(node, operand) : operand;
      }
      case "FunctionCall":
        return afterCall(node, sequence(members(node, "arguments", "expression"), path));
      case "YulFunctionCall": {
        const evaluated = sequence(members(node, "arguments"), path);
        const name = String((node["functionName"] as AstNode)["name"]);
        if (name === "sstore") return write(node, evaluated);
        if (name === "revert" || name === "return") return "ended";
        return YUL_CALLS.has(name) && evaluated === "no call" ? node : evaluated;
      }
      default:
        return sequence(Object.values(node).flatMap(nodesIn), path);
    }
  }

  function afterCall(call: AstNode, path: Path): Path {
    if (path === "ended") return path;
    const callee = calleeOf(call);
    const type = typeIdentifier(callee);
    if (/^t_function_revert_/.test(type)) return "ended";
    if (/^t_function_array(push|pop)_/.test(type)) return write(call, path);
    if (CONTROL_LEAVES.test(type) && !ONLY_LOOKS.test(type)) return path === "no call" ? call : path;
    const definition = declarationOf(callee);
    const isInternal = definition?.nodeType === "FunctionDefinition" && type.startsWith("t_function_internal");
    return isInternal ? follow(definition, path) : path;
  }

  /** Whether assigning to an expression changes storage, not just where a local pointer points. */
  function isStorage(target: AstNode): boolean {
    switch (target.nodeType) {
      case "Identifier":
        return declarationOf(target)?.["stateVariable"] === true;
      case "TupleExpression":
        return nodesIn(target["components"]).some(isStorage);
      case "IndexAccess":
        return liesInStorage(target["baseExpression"]);
      case "MemberAccess":
        return liesInStorage(target["expression"]);
      default:
        return false;
    }
  }

  follow(entryPoint, "no call");
  return [...found].map(([node, call]) => ({ write: node, call }));
}

const liesInStorage = (base: unknown): boolean =>
  isNode(base) && /_storage(_ptr)?$|^t_mapping/.test(typeIdentifier(base));

/** Of two paths that meet, the one that goes on; of two that go on, one that made a call. */
function merge(one: Path, other: Path): Path {
  if (one === "ended") return other;
  return one === "no call" && other !== "ended" ? other : one;
}
