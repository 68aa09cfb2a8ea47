import { z } from "zod";
import { knownKeys, knownKinds, nearest, schemaAt, valueAt } from "./known-keys";
import type { Problem } from "./problem";
import { words } from "./zod-messages";

type Path = (string | number)[];

/** The value as the schema reads it, or everything that the schema refuses about it. */
export function readWith<Schema extends z.core.$ZodType>(
  schema: Schema,
  input: unknown,
): { data: z.output<Schema>; problems: [] } | { data?: undefined; problems: Problem[] } {
  const result = z.safeParse(schema, input, { error: words });
  if (result.success) return { data: result.data, problems: [] };
  const { issues } = result.error;
  return { problems: issues.filter(isLastOfPath).flatMap((issue) => toProblems(issue, schema, input)) };
}

/** True for the last problem of a path: of several limits that a value breaks, the last one is the narrowest. */
function isLastOfPath({ path }: z.core.$ZodIssue, i: number, issues: readonly z.core.$ZodIssue[]): boolean {
  const next = issues[i + 1]?.path;
  return next === undefined || next.length !== path.length || next.some((part, depth) => part !== path[depth]);
}

/** Text of a problem's path: equal for two problems of the same path. */
export const pathKey = ({ path }: Problem): string => JSON.stringify(path);

/** One problem for each unknown key, with a suggestion where a known key is similar. */
function toProblems(issue: z.core.$ZodIssue, schema: z.core.$ZodType, input: unknown): Problem[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part)) as Path;
  const got = valueAt(input, issue.path);
  switch (issue.code) {
    case "unrecognized_keys":
      return unknownKeys(issue.keys, path, schema, input);
    case "invalid_value": {
      const near = typeof got === "string" ? nearest(got, issue.values.map(String)) : undefined;
      return [{ path, got, message: required(issue.message, got), fix: didYouMean(near) }];
    }
    case "invalid_key": {
      const name = { path, got: path.at(-1), message: issue.issues[0]?.message ?? "is not a valid name" };
      // zod does not validate the value of an unknown key.
      const value = schemaAt(schema, path, input);
      return [name, ...(value ? below(path, readWith(value, got).problems) : [])];
    }
    case "invalid_union":
      return "discriminator" in issue && issue.discriminator
        ? wrongKind(issue.discriminator, path, schema, input)
        : [{ path, got, message: required(issue.message, got) }];
    default:
      return [{ path, got, message: required(issue.message, got) }];
  }
}

function unknownKeys(keys: readonly string[], path: Path, schema: z.core.$ZodType, input: unknown): Problem[] {
  const known = knownKeys(schema, path, input);
  return keys.map((key) => ({
    path: [...path, key],
    got: valueAt(input, [...path, key]),
    message: "unknown key",
    fix: didYouMean(nearest(key, known)) ?? `known keys here: ${known.join(", ")}`,
  }));
}

/** The unknown key, and the problems of its value if the suggested key is meant. */
function wrongKind(discriminator: string, at: Path, schema: z.core.$ZodType, input: unknown): Problem[] {
  const path = at.at(-1) === discriminator ? at.slice(0, -1) : at;
  const [value, kinds] = [valueAt(input, path), knownKinds(schema, path, input)];
  const kind = valueAt(value, [discriminator]);
  const near = typeof kind === "string" ? nearest(kind, kinds) : undefined;
  const message = required(`must be one of ${kinds.join(", ")}`, kind);
  const wrong = { path: [...path, discriminator], got: kind, message, fix: didYouMean(near) };
  const union = schemaAt(schema, path, input);
  if (near === undefined || !union) return [wrong];
  return [wrong, ...below(path, readWith(union, { ...(value as object), [discriminator]: near }).problems)];
}

const below = (path: Path, problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
const required = (message: string, got: unknown) =>
  got === undefined ? message.replace(/^must be /, "is required: ") : message;
const didYouMean = (near: string | undefined) => (near === undefined ? undefined : `did you mean "${near}"?`);
