import type * as acorn from "acorn";
import type { Expression, Node, Program, Property } from "acorn";

/**
 * Line of an environment file at which a path is written: `streams[0].replicas`, or with names in place of numbers. The
 * deepest part of the path that is written there; 1 when nothing of it is, or when the file is more than data.
 *
 * @param code the file's text; types of TypeScript are not understood, and lead to 1
 */
export function lineOf(code: string, path: string): number {
  // Loaded here: it is needed for what is found alone.
  const { parse } = require("acorn") as typeof acorn;
  let program: Program;
  try {
    program = parse(code, { ecmaVersion: "latest", sourceType: "module", locations: true });
  } catch {
    return 1;
  }
  const names = new Map(
    program.body.flatMap((statement) =>
      statement.type === "VariableDeclaration"
        ? statement.declarations.flatMap(({ id, init }) => (id.type === "Identifier" && init ? [[id.name, init]] : []))
        : [],
    ) as [string, Expression][],
  );
  const known = (node: Node): Node =>
    node.type === "Identifier" ? (names.get((node as never as { name: string }).name) ?? node) : node;
  const root = program.body.find((statement) => statement.type === "ExportDefaultDeclaration");
  if (root?.type !== "ExportDefaultDeclaration") return 1;
  const exported = known(root.declaration);
  let node = known(
    exported.type === "CallExpression" ? ((exported as acorn.CallExpression).arguments[0] ?? exported) : exported,
  );
  let line = node.loc?.start.line ?? 1;
  for (const step of stepsOf(path)) {
    const found = childOf(node, step, known);
    if (!found) break;
    line = found.at.loc?.start.line ?? line;
    node = known(found.value);
  }
  return line;
}

const stepsOf = (path: string): string[] => path.split(/[.[\]]+/).filter((step) => step !== "");

interface Child {
  at: Node;
  value: Node;
}

function childOf(node: Node, step: string, known: (node: Node) => Node): Child | undefined {
  if (node.type === "ObjectExpression") {
    const { properties } = node as acorn.ObjectExpression;
    const named = (name: string) =>
      properties.find((one): one is Property => one.type === "Property" && keyOf(one) === name);
    // Topologies say milliseconds and bytes where environments say units.
    const property = named(step) ?? named(step.replace(/(Ms|Bytes)$/, ""));
    if (property) return { at: property, value: property.value };
    for (const one of properties)
      if (one.type === "SpreadElement") {
        const inner = childOf(known(one.argument), step, known);
        if (inner) return inner;
      }
  }
  if (node.type === "ArrayExpression") {
    const elements = (node as acorn.ArrayExpression).elements.flatMap((one) => (one ? [known(one)] : []));
    const element = /^\d+$/.test(step) ? elements[Number(step)] : elements.find((one) => nameOf(one) === step);
    if (element) return { at: element, value: element };
  }
  return undefined;
}

const keyOf = ({ key }: Property): string | undefined =>
  key.type === "Identifier" ? key.name : key.type === "Literal" ? String(key.value) : undefined;

/** The `name` of an object that is written out. */
function nameOf(node: Node): unknown {
  if (node.type !== "ObjectExpression") return undefined;
  const { properties } = node as acorn.ObjectExpression;
  const name = properties.find((one): one is Property => one.type === "Property" && keyOf(one) === "name");
  return name?.value.type === "Literal" ? name.value.value : undefined;
}
