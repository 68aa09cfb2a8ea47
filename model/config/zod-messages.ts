import type { z } from "zod";

/** Names of types in messages to the authors of environments. */
const types: Record<string, string> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "text",
};

/** zod's issues in the operator's words, for schemas that have none of their own. */
export const words = (issue: z.core.$ZodRawIssue): string | undefined => {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${types[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.map(String).join(", ")}`;
    case "too_small":
    case "too_big":
      return bound(issue);
    default:
      return undefined;
  }
};

type Bound = z.core.$ZodRawIssue & { code: "too_small" | "too_big" };

function bound(issue: Bound): string {
  const limit = issue.code === "too_small" ? issue.minimum : issue.maximum;
  const at = issue.code === "too_small" ? "at least" : "at most";
  if (issue.origin === "string" && limit === 1) return "must not be empty";
  if (issue.origin === "string") return `must have ${at} ${limit} characters`;
  if (issue.origin === "array") return `must hold ${at} ${limit} ${limit === 1 ? "entry" : "entries"}`;
  if (issue.inclusive === false) return `must be ${issue.code === "too_small" ? "more" : "less"} than ${limit}`;
  return `must be ${at} ${limit}`;
}
