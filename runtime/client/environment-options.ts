import { readFileSync } from "node:fs";
import type { Authentication } from "./authentication";
import type { ClientOptions } from "./options";

/**
 * Options from the variables that `natsform connect` prints and that a deployed service is given: `NATS_CA` or
 * `NATS_CA_FILE`, `NATS_NKEY_SEED`, `NATS_NKEY_SEED_FILE` or `NATS_TOKEN`, `NATS_SENTINEL`, `NATS_INBOX_PREFIX`. `NATS_URL` is
 * read by every client.
 *
 * @throws Error where there is no login, or two of them
 */
export function optionsFromEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Pick<ClientOptions, "authentication" | "ca" | "caFile" | "inboxPrefix"> {
  const { NATS_CA: ca, NATS_CA_FILE: caFile, NATS_INBOX_PREFIX: inboxPrefix } = env;
  return {
    authentication: loginOf(env),
    ...(ca && { ca }),
    ...(caFile && { caFile }),
    ...(inboxPrefix && { inboxPrefix }),
  };
}

function loginOf(env: Readonly<Record<string, string | undefined>>): Authentication {
  const { NATS_NKEY_SEED: seed, NATS_NKEY_SEED_FILE: file, NATS_TOKEN: token, NATS_SENTINEL: sentinel } = env;
  const given = Object.entries({ NATS_NKEY_SEED: seed, NATS_NKEY_SEED_FILE: file, NATS_TOKEN: token });
  const names = given.flatMap(([name, value]) => (value ? [name] : []));
  if (names.length > 1) throw new Error(`${names.join(" and ")} are ${names.length} logins: set one of them`);
  const behind = sentinel ? { sentinel } : {};
  if (token) return { kind: "token", token, ...behind };
  if (seed || file) return { kind: "nkey", seed: (seed || readFileSync(file ?? "", "utf8")).trim(), ...behind };
  throw new Error("no login: natsform connect ENV --as SERVICE prints the variables that name one");
}
