import { z } from "zod";
import { serverProblems } from "./servers";

/** The variables that have a value: platforms write an absent optional one as empty text. */
export const givenVariables = (environment: NodeJS.ProcessEnv): Record<string, string | undefined> =>
  Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));

/** Parts that the environments of programs are made of. */

export const text = z.string().trim().min(1);

/** Text that is JSON; pipe it into the schema of its content. */
export const json = text.transform((value, context): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    context.addIssue({ code: "custom", message: "must be JSON" });
    return z.NEVER;
  }
});

/** Names, separated by commas; none when it is not set. */
export const names = z
  .string()
  .default("")
  .transform((list) =>
    list
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
  );

export const seconds = (fallback: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, "must be a whole number of seconds")
    .transform(Number)
    .default(fallback);

export const port = (fallback: number) =>
  z
    .string()
    .regex(/^\d{1,5}$/, "must be a port")
    .transform(Number)
    .refine((value) => value <= 65_535, "must be a port")
    .default(fallback);

/** `tls://host:port`, separated by commas. */
export const natsServers = text.superRefine((servers, context) => {
  for (const message of serverProblems(servers)) context.addIssue({ code: "custom", message });
});

export const logLevel = z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info");

/** For `refine`: of these variables exactly one is set, reported together with all other problems. */
export const exactlyOne = (...variables: string[]) => refinement("exactly", variables, (set) => set === 1);

/** For `refine`: of these variables one is set, or none. */
export const atMostOne = (...variables: string[]) => refinement("at most", variables, (set) => set <= 1);

function refinement(how: string, variables: readonly string[], isRight: (set: number) => boolean) {
  const check = (env: Record<string, unknown>) => isRight(variables.filter((name) => env[name] !== undefined).length);
  const error = `set ${how} one of ${variables.join(", ")}`;
  return [check, { path: [variables[0] ?? ""], error, when: () => true }] as [typeof check, object];
}
