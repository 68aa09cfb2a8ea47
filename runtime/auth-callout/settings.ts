import { readFileSync } from "node:fs";
import type { Authentication } from "../client";
import { seedOfCreds } from "../common/creds";
import { givenVariables } from "../common/environment";
import { wrongEnvironment } from "../common/environment-error";
import { errorMessage } from "../common/error-message";
import { isPublicKey, type SigningKey, signingKey } from "../nkeys/nkey";
import { AuthCalloutEnv, FILE_VARIABLES, type FileVariable } from "./env";
import { accountsWithoutSigner } from "./issuers";
import { AuthRules } from "./rules";
import { readSeeds, splitSeeds } from "./seeds";
import type { NatsAuthCalloutOptions } from "./service";
import { xkey } from "./xkey";

/** Everything that the environment holds, read and checked. */
export interface Settings {
  nats: { servers: string; ca?: string; caFile?: string; authentication: Authentication };
  callout: Omit<NatsAuthCalloutOptions, "natsService" | "log">;
  logLevel: AuthCalloutEnv["LOG_LEVEL"];
}

/**
 * Reads the environment and the files that it names.
 *
 * @throws EnvironmentError with all problems at once
 */
export function loadSettings(
  environment: NodeJS.ProcessEnv,
  readFile: (path: string) => string = (path) => readFileSync(path, "utf8"),
): Settings {
  const given = givenVariables(environment);
  const parsed = AuthCalloutEnv.safeParse(given);
  const problems = (parsed.error?.issues ?? []).map(({ path, message }) => describe(String(path[0]), message, given));

  const read = (variable: string, path: string): string | undefined => {
    try {
      return readFile(path).trim();
    } catch (error) {
      problems.push(`${variable} must name a readable file; got ${JSON.stringify(path)}: ${errorMessage(error)}`);
      return undefined;
    }
  };
  const value = (name: FileVariable): string | undefined => {
    const path = given[`${name}_FILE`];
    return given[name] ?? (path === undefined ? undefined : read(`${name}_FILE`, path));
  };
  const seeds = (
    name: FileVariable,
    kind: string,
    make: (seed: string) => { publicKey: string } | undefined,
  ): string[] => {
    const text = value(name);
    if (text === undefined) return [];
    problems.push(...readSeeds(text, kind, make).problems.map((problem) => `${name} ${problem}`));
    return splitSeeds(text);
  };

  const rules = parseRules(value("AUTH_RULES"), problems);
  const issuerSeeds = seeds("NATS_AUTH_NKEY_ISSUER_SEED", "SA", accountKey);
  const xkeySeeds = seeds("NATS_AUTH_XKEY_ISSUER_SEED", "SX", xkey);
  const login = { seeds: seeds("NATS_AUTH_NKEY_SEED", "SU", userKey), creds: splitCreds(value("NATS_AUTH_CREDS")) };
  const issuerKeys = issuerSeeds.map(accountKey).filter((key) => key !== undefined);
  const userKeys = [...login.seeds, ...login.creds.map((creds) => seedOfCreds(creds) ?? "")].map(userKey);
  const held = [...issuerKeys, ...xkeySeeds.map(xkey), ...userKeys].map((key) => key?.publicKey);
  problems.push(...missingKeys(given.NATS_AUTH_KEYS, held));
  if (rules) problems.push(...modeProblems(rules, login, given.NATS_AUTH_ACCOUNT ?? "", issuerKeys));
  const ca = given.OIDC_CA_FILE === undefined ? undefined : read("OIDC_CA_FILE", given.OIDC_CA_FILE);

  if (!parsed.success || !rules || problems.length > 0) throw wrongEnvironment("the auth callout", problems);
  const env = parsed.data;
  return {
    nats: {
      servers: env.NATS_SERVERS,
      ca: env.NATS_CA,
      caFile: env.NATS_CA_FILE,
      authentication: authentication(login),
    },
    callout: {
      nKeyIssuerSeed: issuerSeeds,
      xKeyIssuerSeed: xkeySeeds,
      jwtIssuer: env.OIDC_ISSUER,
      jwtAudience: env.OIDC_AUDIENCE,
      algorithms: env.OIDC_ALGORITHMS,
      jwksUri: env.OIDC_JWKS_URI,
      jwksCa: ca,
      clockSkewSeconds: env.OIDC_CLOCK_SKEW_SECONDS,
      natsAuthAccount: env.NATS_AUTH_ACCOUNT,
      rules,
      http: { host: env.HTTP_HOST, port: env.HTTP_PORT },
    },
    logLevel: env.LOG_LEVEL,
  };
}

const accountKey = (seed: string) => signingKey("A", seed);
const userKey = (seed: string) => signingKey("U", seed);

/**
 * A responder with other keys than servers use would leave every request unanswered: the previous one had better go on.
 */
function missingKeys(desired: string | undefined, held: readonly (string | undefined)[]): string[] {
  const needed = (desired?.split(",") ?? []).filter((key) => !key.endsWith("?"));
  const missing = needed.filter((key) => !held.includes(key));
  if (missing.length === 0) return [];
  return [`NATS_AUTH_KEYS names keys whose seeds are not there: ${missing.join(", ")}; were they pushed?`];
}

/** Possible logins, the current one first. */
interface Login {
  seeds: readonly string[];
  creds: readonly string[];
}

/**
 * Logs in with each key in turn: servers learn a new key of the responder's user after the responder, and one by one.
 */
function authentication({ seeds, creds }: Login): Authentication {
  const logins = [
    ...seeds.map((seed) => ({ kind: "nkey" as const, seed })),
    ...creds.map((text) => ({ kind: "creds" as const, creds: text })),
  ];
  const [only] = logins;
  return only && logins.length === 1 ? only : { kind: "in-turn", logins };
}

/** Splits a text of creds that may hold several, one after another. */
const splitCreds = (text = "") => text.split(/^(?=-----BEGIN NATS USER JWT-----)/m).filter((one) => one.trim() !== "");

/** A problem with the value that was received, unless that is unset, or is or holds a secret. */
function describe(name: string, message: string, given: Record<string, string | undefined>): string {
  const got = given[name];
  if (got === undefined) return message.startsWith("must be set") ? `${name} ${message}` : `${name} must be set`;
  const isSecret = FILE_VARIABLES.some((secret) => secret === name) || got.includes("@");
  return isSecret ? `${name} ${message}` : `${name} ${message}; got ${JSON.stringify(got)}`;
}

function parseRules(json: string | undefined, problems: string[]): AuthRules | undefined {
  if (json === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    problems.push(`AUTH_RULES must be JSON: ${errorMessage(error)}`);
    return undefined;
  }
  const { data, error } = AuthRules.safeParse(value);
  problems.push(...(error?.issues ?? []).map(({ path, message }) => `AUTH_RULES ${path.join(".")}: ${message}`));
  return data;
}

/** Problems of the other variables in the identity mode of the rules. */
function modeProblems(
  rules: AuthRules,
  login: Login,
  calloutAccount: string,
  issuerKeys: readonly SigningKey[],
): string[] {
  const problems: string[] = [];
  const isOperator = rules.mode === "operator";
  if (isOperator && login.seeds.length > 0)
    problems.push("NATS_AUTH_NKEY_SEED is for configuration mode: in operator mode set NATS_AUTH_CREDS");
  if (!isOperator && login.creds.length > 0)
    problems.push("NATS_AUTH_CREDS is for operator mode: in configuration mode set NATS_AUTH_NKEY_SEED");
  if (isOperator && !isPublicKey("A", calloutAccount))
    problems.push(
      `NATS_AUTH_ACCOUNT must be the public key A… of the callout account; got ${JSON.stringify(calloutAccount)}`,
    );
  for (const [name, { id }] of Object.entries(rules.accounts))
    if (id === calloutAccount) problems.push(`AUTH_RULES accounts.${name}: must not be the callout account`);
  for (const name of accountsWithoutSigner(rules, issuerKeys))
    problems.push(`NATS_AUTH_NKEY_ISSUER_SEED must hold the seed that signs users of account ${name}`);
  return problems;
}
