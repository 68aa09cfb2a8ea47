import type { z } from "zod";
import type { Topology } from "../model/topology";

/** Variables that a program needs, as text: a missing one is an error of the compiler. */
export type ProgramEnv<Schema extends z.ZodType> = {
  [Name in keyof z.input<Schema>]: Extract<z.input<Schema>[Name], string | undefined>;
};

/** The variables that have a value. */
export function definedVariables(env: Record<string, string | undefined>): Record<string, string> {
  const defined = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(defined);
}

/**
 * Source of a value: a file that the program reads, the variable's own text, or a secret that the platform fills the
 * variable with. `Secret` is the platform's reference to a secret.
 */
export type Source<Secret> = { file: string } | { text: string } | { secret: Secret };

/** Environment of a program: its variables, and those that the platform fills from secrets. */
export interface ProgramEnvironment<Schema extends z.ZodType, Secret> {
  variables: ProgramEnv<Schema>;
  secrets: Partial<Record<keyof z.input<Schema> & string, Secret>>;
}

/** A variable of the name with a value that programs take as text or, with `_FILE` at its end, from a file. */
export function from<Name extends string, Secret>(name: Name, source: Source<Secret>) {
  type Variables = Partial<Record<Name | `${Name}_FILE`, string>>;
  if ("secret" in source)
    return { variables: {} as Variables, secrets: { [name]: source.secret } as Partial<Record<Name, Secret>> };
  const variable = "file" in source ? { [`${name}_FILE`]: source.file } : { [name]: source.text };
  return { variables: variable as Variables, secrets: {} as Partial<Record<Name, Secret>> };
}

/** Connection of a program to the servers of its cluster. */
export interface Connection<Secret> {
  /** URLs, `tls://` each. */
  servers: readonly string[];
  /** Certificates of the authorities of the servers' names. */
  authorities: Source<Secret>;
  /** Creds in operator mode, else the seed of an nkey. */
  login: Source<Secret>;
}

/** Environment of a program that logs in as a fixed user. */
export function connectionEnvironment<Secret>(
  { identity }: Pick<Topology, "identity">,
  { servers, authorities, login }: Connection<Secret>,
) {
  const ca = from("NATS_CA", authorities);
  const key = identity.mode === "operator" ? from("NATS_CREDS", login) : from("NATS_NKEY_SEED", login);
  return {
    variables: { NATS_SERVERS: servers.join(","), ...ca.variables, ...key.variables },
    secrets: { ...ca.secrets, ...key.secrets },
  };
}
