import { Token } from "cdktf";

/**
 * A JSON document for an attribute that takes text: policies, container definitions, event patterns. Tokens of single
 * values are passed through; text that Terraform would read as a template stays text.
 *
 * `Fn.jsonencode` is not used: it emits broken HCL for text with quotes or backslashes.
 *
 * @throws for tokens of lists and maps, which cannot stand inside of a text
 */
export function json(value: unknown): string {
  return JSON.stringify(literal(value, "$"));
}

function literal(value: unknown, path: string): unknown {
  if (typeof value === "string") return Token.isUnresolved(value) ? value : escapeTemplate(value);
  if (typeof value === "number" && Token.isUnresolved(value)) throw new Error(`${path} is a token of a number`);
  if (typeof value !== "object" || value === null) return value;
  if (Token.isUnresolved(value)) throw new Error(`${path} is a token of a list or a map`);
  if (Array.isArray(value)) return value.map((item, i) => literal(item, `${path}[${i}]`));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [escapeTemplate(key), literal(item, `${path}.${key}`)]),
  );
}

/** Text that Terraform leaves as it is. */
export const escapeTemplate = (text: string): string => text.replace(/([$%])\{/g, "$1$1{");
