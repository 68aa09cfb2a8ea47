import ts from "typescript";
import { z } from "zod";
import { Environment } from "../../model/config";

/** The parts of a JSON Schema that the reference speaks of. */
interface Schema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  oneOf?: Schema[];
  anyOf?: Schema[];
}

interface Row {
  path: string;
  type: string;
  byDefault: string;
  text: string;
}

/**
 * docs/reference/configuration.md: constraints from the schema as it runs, words from the comments beside its keys, so
 * that editors and the reference say the same.
 *
 * @param schemaFile path of model/config/schema.ts
 */
export function configurationReference(schemaFile: string): string {
  const schema = z.toJSONSchema(Environment, { io: "input", unrepresentable: "any" }) as Schema;
  const comments = new Comments(schemaFile, "EnvironmentInput");
  const rows = walk(schema, comments.root, comments, "");
  const sections = [...new Set(rows.map(({ path }) => path.split(/[.[(]/)[0] ?? ""))].map((name) => ({
    name,
    rows: rows.filter(({ path }) => path.split(/[.[(]/)[0] === name),
  }));
  return `${[
    "# Configuration",
    "",
    "Every key of an environment file. Objects are strict: an unknown key is an error that names the nearest known one.",
    "`*` stands for a name of your choice, `[]` for each entry of a list, `(kind)` for the keys of one kind. Sizes are text",
    "such as `8MiB`, durations text such as `30s`.",
    "",
    ...sections.flatMap(({ name, rows }) => [
      `## ${name}`,
      "",
      "| key | value | default | |",
      "| --- | --- | --- | --- |",
      ...rows.map(
        ({ path, type, byDefault, text }) => `| \`${path}\` | ${cell(type)} | ${cell(byDefault)} | ${cell(text)} |`,
      ),
      "",
    ]),
  ].join("\n")}`;
}

const cell = (text: string) => text.replace(/\|/g, "\\|").replace(/\s+/g, " ");

function walk(schema: Schema, type: ts.Type | undefined, comments: Comments, path: string): Row[] {
  const members = schema.oneOf ?? schema.anyOf;
  if (members) {
    const shared = Object.keys(members[0]?.properties ?? {}).find((key) =>
      members.every((m) => m.properties?.[key]?.const !== undefined),
    );
    if (shared) return walkUnion(members, shared, type, comments, path);
  }
  if (schema.items) return walk(schema.items, comments.element(type), comments, `${path}[]`);
  if (schema.properties) {
    return Object.entries(schema.properties).flatMap(([key, value]) => {
      const place = path ? `${path}.${key}` : key;
      const { type: inner, text } = comments.property(type, key);
      const required = schema.required?.includes(key) ?? false;
      return [describe(place, value, required, text), ...walk(value, inner, comments, place)];
    });
  }
  if (typeof schema.additionalProperties === "object") {
    return walk(schema.additionalProperties, comments.entry(type), comments, `${path}.*`);
  }
  return [];
}

/** Keys of every kind once, then those of each kind. */
function walkUnion(members: Schema[], key: string, type: ts.Type | undefined, comments: Comments, path: string): Row[] {
  const byKind = members.map((member) => {
    const kind = String(member.properties?.[key]?.const);
    const { [key]: _, ...properties } = member.properties ?? {};
    return { kind, rows: walk({ ...member, properties }, comments.member(type, key, kind), comments, path) };
  });
  const same = (a: Row, b: Row) =>
    a.path === b.path && a.type === b.type && a.byDefault === b.byDefault && a.text === b.text;
  const [first, ...others] = byKind.map(({ rows }) => rows);
  const common = (first ?? []).filter((row) => others.every((rows) => rows.some((other) => same(row, other))));
  const own = byKind.flatMap(({ kind, rows }) =>
    rows
      .filter((row) => !common.some((other) => same(row, other)))
      .map((row) => ({ ...row, path: `${path}(${kind})${row.path.slice(path.length)}` })),
  );
  return [...common, ...own];
}

function describe(path: string, schema: Schema, required: boolean, text: string): Row {
  const byDefault =
    schema.default === undefined ? (required ? "**required**" : "") : `\`${JSON.stringify(schema.default)}\``;
  return { path, type: typeText(schema), byDefault, text };
}

function typeText(schema: Schema): string {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  const members = schema.oneOf ?? schema.anyOf;
  if (members) {
    const kinds = members.map(
      (member) => Object.values(member.properties ?? {}).find((value) => value.const !== undefined)?.const,
    );
    if (kinds.every((kind) => kind !== undefined)) return `one of ${kinds.map((kind) => `\`${kind}\``).join(", ")}`;
    return [...new Set(members.map(typeText))].join(" or ");
  }
  if (schema.items) return `list of ${typeText(schema.items)}`;
  if (schema.type === "string" && schema.pattern?.includes("KiB")) return "size";
  if (schema.type === "string" && schema.pattern?.includes("(ms|s|m|h|d)")) return "duration";
  const { minimum, maximum } = schema;
  if (
    schema.type === "integer" &&
    minimum !== undefined &&
    maximum !== undefined &&
    maximum < Number.MAX_SAFE_INTEGER
  ) {
    return `${minimum} to ${maximum}`;
  }
  if (schema.type === "object") return schema.properties ? "object" : "object by name";
  return { string: "text", integer: "whole number", boolean: "`true` or `false`" }[schema.type ?? ""] ?? "any";
}

/** The comments beside the schema's keys, found through the type that is inferred from it. */
class Comments {
  readonly #checker: ts.TypeChecker;
  readonly root: ts.Type;

  constructor(file: string, alias: string) {
    const program = ts.createProgram([file], {
      strict: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.Preserve,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      skipLibCheck: true,
      noEmit: true,
    });
    this.#checker = program.getTypeChecker();
    const source = program.getSourceFile(file);
    const node = source?.statements.find(
      (statement): statement is ts.TypeAliasDeclaration =>
        ts.isTypeAliasDeclaration(statement) && statement.name.text === alias,
    );
    if (!node) throw new Error(`${file} declares no type ${alias}`);
    this.root = this.#checker.getTypeAtLocation(node);
  }

  property(type: ts.Type | undefined, key: string): { type?: ts.Type; text: string } {
    const symbol = type && this.#plain(type).getProperty(key);
    if (!symbol) return { text: "" };
    return {
      type: this.#checker.getTypeOfSymbol(symbol),
      text: ts.displayPartsToString(symbol.getDocumentationComment(this.#checker)),
    };
  }

  element(type: ts.Type | undefined): ts.Type | undefined {
    return type && this.#checker.getIndexTypeOfType(this.#plain(type), ts.IndexKind.Number);
  }

  entry(type: ts.Type | undefined): ts.Type | undefined {
    return type && this.#checker.getIndexTypeOfType(this.#plain(type), ts.IndexKind.String);
  }

  /** The member of a union whose discriminator is this literal. */
  member(type: ts.Type | undefined, key: string, literal: string): ts.Type | undefined {
    const plain = type && this.#plain(type);
    const members = plain?.isUnion() ? plain.types : plain ? [plain] : [];
    return members.find((member) => {
      const property = member.getProperty(key);
      const value = property && this.#checker.getTypeOfSymbol(property);
      return value?.isStringLiteral() && value.value === literal;
    });
  }

  /** Without `undefined`, which optional keys bring along. */
  #plain(type: ts.Type): ts.Type {
    return this.#checker.getNonNullableType(type);
  }
}
