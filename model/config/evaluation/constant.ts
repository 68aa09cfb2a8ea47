import type * as acorn from "acorn";
import type { Node, Program } from "acorn";

/** What a value may be written with: it can neither ask for anything, nor go on, nor be another one next time. */
const constantTypes: ReadonlySet<string> = new Set([
  ...["Program", "ImportDeclaration", "ImportSpecifier", "ExportDefaultDeclaration", "ExportNamedDeclaration"],
  ...["ExportSpecifier", "VariableDeclaration", "VariableDeclarator"],
  ...[
    "ObjectExpression",
    "ArrayExpression",
    "Property",
    "SpreadElement",
    "Literal",
    "TemplateLiteral",
    "TemplateElement",
  ],
  ...["UnaryExpression", "BinaryExpression", "LogicalExpression", "ConditionalExpression", "MemberExpression"],
  ...["Identifier", "CallExpression"],
]);

/**
 * True for an environment file that is nothing but data: one that is evaluated again has the same value, on every
 * machine. It imports and calls `defineEnvironment` alone, and names nothing but what it defines itself.
 *
 * @param code an ES module
 */
export function isConstant(code: string): boolean {
  // Loaded here: most files have been read before.
  const { parse } = require("acorn") as typeof acorn;
  let program: Program;
  try {
    program = parse(code, { ecmaVersion: "latest", sourceType: "module" });
  } catch {
    return false;
  }
  const defined = new Set(["undefined"]);
  const calls = new Set<string>();
  for (const statement of program.body) {
    if (statement.type === "ImportDeclaration") {
      if (statement.source.value !== "natsform/config") return false;
      for (const one of statement.specifiers) {
        if (one.type !== "ImportSpecifier") return false;
        if (one.imported.type !== "Identifier" || one.imported.name !== "defineEnvironment") return false;
        calls.add(one.local.name);
      }
    }
    if (statement.type === "VariableDeclaration") {
      for (const { id } of statement.declarations) if (id.type === "Identifier") defined.add(id.name);
    }
  }
  return every(program, { defined, calls });
}

interface Names {
  defined: ReadonlySet<string>;
  calls: ReadonlySet<string>;
}

function every(node: Node, names: Names): boolean {
  if (!constantTypes.has(node.type)) return false;
  const one = node as acorn.AnyNode;
  if (one.type === "ImportDeclaration" || one.type === "ExportSpecifier") return true;
  if (one.type === "Identifier") return names.defined.has(one.name);
  if (one.type === "CallExpression") {
    const isDefine = one.callee.type === "Identifier" && names.calls.has(one.callee.name) && !one.optional;
    return isDefine && one.arguments.every((argument) => every(argument, names));
  }
  if (one.type === "Property") {
    if (one.kind !== "init" || one.method) return false;
    return (!one.computed || every(one.key, names)) && every(one.value, names);
  }
  if (one.type === "MemberExpression") {
    return every(one.object, names) && (!one.computed || every(one.property, names));
  }
  if (one.type === "Literal" && "regex" in one && one.regex) return false;
  return childrenOf(one).every((child) => every(child, names));
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);
