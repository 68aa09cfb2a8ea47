import { createAccount, createCurve, createUser, type KeyPair } from "nkeys.js";
import { AuthCalloutEnv } from "../../../runtime/auth-callout/env";
import { defaultJwksUri } from "../../../runtime/auth-callout/service";
import { loadSettings } from "../../../runtime/auth-callout/settings";
import { EnvironmentError } from "../../../runtime/common/environment-error";
import { seedOf } from "../../support/callout-keys";

const [issuer, responder, account, xkey] = [createAccount(), createUser(), createAccount(), createCurve()] as const;
const rules = { mode: "callout", accounts: { APP: { id: "APP" } }, permissions: [], services: {} };
const operatorRules = (signer: KeyPair) => ({
  ...rules,
  mode: "operator",
  accounts: { APP: { id: signer.getPublicKey() } },
});
const env = {
  NATS_SERVERS: "tls://nats:4222",
  NATS_AUTH_NKEY_SEED: seedOf(responder),
  NATS_AUTH_ACCOUNT: "AUTH",
  NATS_AUTH_NKEY_ISSUER_SEED: seedOf(issuer),
  NATS_AUTH_XKEY_ISSUER_SEED: seedOf(xkey),
  OIDC_ISSUER: "https://tenant.example.com/",
  OIDC_AUDIENCE: "https://api.example.com",
  AUTH_RULES: JSON.stringify(rules),
};
function problems(environment: NodeJS.ProcessEnv, files: Record<string, string> = {}): readonly string[] {
  try {
    loadSettings(environment, readFrom(files));
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}
const readFrom = (files: Record<string, string>) => (path: string) => {
  const content = files[path];
  if (content === undefined) throw new Error("no such file");
  return content;
};

test("the least that is needed has sensible defaults", () => {
  expect(AuthCalloutEnv.parse(env)).toMatchObject({
    OIDC_ALGORITHMS: ["RS256"],
    OIDC_CLOCK_SKEW_SECONDS: 30,
    HTTP_HOST: "0.0.0.0",
    HTTP_PORT: 9090,
  });
  expect(loadSettings(env)).toMatchObject({
    nats: { servers: "tls://nats:4222", authentication: { kind: "nkey", seed: seedOf(responder) } },
    callout: {
      nKeyIssuerSeed: [seedOf(issuer)],
      natsAuthAccount: "AUTH",
      rules: { maxLifetimeSeconds: 3600 },
      http: { port: 9090 },
    },
    logLevel: "info",
  });
});

test("authorities of the servers are given as PEM where there are no files, as in a container on ECS", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
  expect(loadSettings({ ...env, NATS_CA: pem }).nats).toMatchObject({ ca: pem, caFile: undefined });
  expect(loadSettings({ ...env, NATS_CA_FILE: "/ca.pem" }).nats).toMatchObject({ ca: undefined, caFile: "/ca.pem" });
});

test("every secret and the rules may lie in files, with a line end", () => {
  const names = [
    "NATS_AUTH_NKEY_SEED",
    "NATS_AUTH_NKEY_ISSUER_SEED",
    "NATS_AUTH_XKEY_ISSUER_SEED",
    "AUTH_RULES",
  ] as const;
  const files = Object.fromEntries(names.map((name) => [`/run/${name}`, `${env[name]}\n`]));
  const paths = Object.fromEntries(
    names.flatMap((name) => [
      [name, ""],
      [`${name}_FILE`, `/run/${name}`],
    ]),
  );
  expect(loadSettings({ ...env, ...paths }, readFrom(files))).toEqual(loadSettings(env));
});

test("lists of seeds have commas or line ends between them", () => {
  const [a, b] = [seedOf(createAccount()), seedOf(createAccount())];
  for (const list of [`${a},${b}`, `${a}\n${b}\n`, `${a}, ${b}`])
    expect(loadSettings({ ...env, NATS_AUTH_NKEY_ISSUER_SEED: list }).callout.nKeyIssuerSeed).toEqual([a, b]);
});

test("an empty environment is told all that it needs", () => {
  expect(problems({})).toEqual([
    "NATS_SERVERS must be set",
    "NATS_AUTH_ACCOUNT must be set",
    "OIDC_ISSUER must be set",
    "OIDC_AUDIENCE must be set",
    "NATS_AUTH_NKEY_SEED must be set exactly once, as one of NATS_AUTH_NKEY_SEED, NATS_AUTH_NKEY_SEED_FILE, NATS_AUTH_CREDS, NATS_AUTH_CREDS_FILE",
    "NATS_AUTH_NKEY_ISSUER_SEED must be set exactly once, as one of NATS_AUTH_NKEY_ISSUER_SEED, NATS_AUTH_NKEY_ISSUER_SEED_FILE",
    "NATS_AUTH_XKEY_ISSUER_SEED must be set exactly once, as one of NATS_AUTH_XKEY_ISSUER_SEED, NATS_AUTH_XKEY_ISSUER_SEED_FILE",
    "AUTH_RULES must be set exactly once, as one of AUTH_RULES, AUTH_RULES_FILE",
  ]);
});

test("all problems are reported at once, and no secret among them", () => {
  const wrong = {
    ...env,
    NATS_SERVERS: "nats://nats:4222",
    NATS_AUTH_NKEY_SEED_FILE: "/run/seed",
    NATS_AUTH_NKEY_ISSUER_SEED: `${seedOf(issuer)},${seedOf(createUser())}`,
    NATS_AUTH_XKEY_ISSUER_SEED: "SXHUNTER2",
    OIDC_ISSUER: "http://tenant.example.com/",
    OIDC_ALGORITHMS: "RS256,HS256",
    OIDC_CA_FILE: "/run/ca",
    HTTP_PORT: "http",
    AUTH_RULES: JSON.stringify({ ...rules, accounts: { SYS: { id: "SYS" } } }),
  };
  const found = problems(wrong);
  expect(found).toEqual([
    'NATS_SERVERS nats://nats:4222 would connect in clear: write tls://nats:4222; got "nats://nats:4222"',
    'OIDC_ISSUER must begin with https:// (http:// is for loopback addresses only); got "http://tenant.example.com/"',
    expect.stringMatching(/^OIDC_ALGORITHMS must be among RS256, .*; got "RS256,HS256"$/),
    'HTTP_PORT must be a whole number: a port; got "http"',
    expect.stringContaining("NATS_AUTH_NKEY_SEED must be set exactly once"),
    "AUTH_RULES accounts.SYS: must be an account of applications; SYS is not",
    "AUTH_RULES accounts.SYS.id: must be an account of applications; SYS is not",
    "NATS_AUTH_NKEY_ISSUER_SEED seed 2 of 2 is not a seed SA… with a correct checksum",
    "NATS_AUTH_XKEY_ISSUER_SEED seed 1 of 1 is not a seed SX… with a correct checksum",
    'OIDC_CA_FILE must name a readable file; got "/run/ca": no such file',
  ]);
  for (const secret of [seedOf(issuer), seedOf(responder), "HUNTER2"]) expect(found.join()).not.toContain(secret);
});

test("a password in an address is refused and not repeated", () => {
  expect(problems({ ...env, NATS_SERVERS: "tls://user:hunter2@nats:4222" })).toEqual([
    "NATS_SERVERS a server's address must not hold credentials: remove everything up to the @",
  ]);
});

test("the identity mode decides about login, account and signers", () => {
  const operator = { ...env, AUTH_RULES: JSON.stringify(operatorRules(account)) };
  expect(problems(operator)).toEqual([
    "NATS_AUTH_NKEY_SEED is for configuration mode: in operator mode set NATS_AUTH_CREDS",
    'NATS_AUTH_ACCOUNT must be the public key A… of the callout account; got "AUTH"',
    "NATS_AUTH_NKEY_ISSUER_SEED must hold the seed that signs users of account APP",
  ]);
  const right = {
    ...operator,
    NATS_AUTH_NKEY_SEED: "",
    NATS_AUTH_CREDS: "creds",
    NATS_AUTH_ACCOUNT: issuer.getPublicKey(),
    NATS_AUTH_NKEY_ISSUER_SEED: `${seedOf(issuer)} ${seedOf(account)}`,
  };
  expect(loadSettings(right).nats.authentication).toEqual({ kind: "creds", creds: "creds" });
  expect(problems({ ...right, AUTH_RULES: JSON.stringify(operatorRules(issuer)) })).toEqual([
    "AUTH_RULES accounts.APP: must not be the callout account",
  ]);
  expect(problems({ ...env, NATS_AUTH_NKEY_SEED: "", NATS_AUTH_CREDS: "creds" })).toEqual([
    "NATS_AUTH_CREDS is for operator mode: in configuration mode set NATS_AUTH_NKEY_SEED",
  ]);
});

test.each(["https://tenant.example.com", "https://tenant.example.com/"])(
  "the keys of %s are where its discovery puts them",
  (url) => {
    expect(defaultJwksUri(url)).toBe("https://tenant.example.com/.well-known/jwks.json");
  },
);

describe("while keys are rotated", () => {
  const next = createUser();
  const pair = [next, responder].map(seedOf);

  test("it logs in with either key, the new one first", () => {
    const logins = pair.map((seed) => ({ kind: "nkey", seed }));
    const { authentication } = loadSettings({ ...env, NATS_AUTH_NKEY_SEED: pair.join("\n") }).nats;
    expect(authentication).toEqual({ kind: "in-turn", logins });
  });

  test("or with either creds, which stand one after another", () => {
    const creds = pair.map(
      (seed) =>
        `-----BEGIN NATS USER JWT-----\neyJ\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------`,
    );
    const operator = {
      ...env,
      AUTH_RULES: JSON.stringify(operatorRules(account)),
      NATS_AUTH_ACCOUNT: issuer.getPublicKey(),
      NATS_AUTH_NKEY_ISSUER_SEED: seedOf(account),
      NATS_AUTH_NKEY_SEED: "",
      NATS_AUTH_CREDS: creds.join("\n"),
      NATS_AUTH_KEYS: [next, xkey].map((key) => key.getPublicKey()).join(","),
    };
    const { authentication } = loadSettings(operator).nats;
    expect(authentication).toMatchObject({ kind: "in-turn", logins: [{ kind: "creds" }, { kind: "creds" }] });
    const texts = authentication.kind === "in-turn" ? authentication.logins : [];
    expect(texts.map((login) => (login.kind === "creds" ? login.creds.trim() : ""))).toEqual(creds);
  });

  test("it does not start without the keys that it is told to hold, and goes on without those before them", () => {
    const lost = createAccount().getPublicKey();
    const own = [issuer, xkey, responder].map((key) => key.getPublicKey()).join(",");
    expect(problems({ ...env, NATS_AUTH_KEYS: own })).toEqual([]);
    expect(problems({ ...env, NATS_AUTH_KEYS: `${own},${lost}?` })).toEqual([]);
    expect(problems({ ...env, NATS_AUTH_KEYS: `${own},${lost}` })).toEqual([
      `NATS_AUTH_KEYS names keys whose seeds are not there: ${lost}; were they pushed?`,
    ]);
  });
});
