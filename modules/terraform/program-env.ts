import type { z } from "zod";

/** What a program has to be told, as text: a variable that is missing is an error of the compiler. */
export type ProgramEnv<Schema extends z.ZodType> = {
  [Name in keyof z.input<Schema>]: Extract<z.input<Schema>[Name], string | undefined>;
};

/** The variables that have a value. */
export function definedVariables(env: Record<string, string | undefined>): Record<string, string> {
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(defined);
}
