import { nkeys } from "nats";
import { type DesiredCertificate, verifyCertificate } from "../../runtime/certificate-agent/certificate";
import { confValues, differingKeys } from "../../runtime/certificate-agent/conf-keys";
import { textDigest } from "../../runtime/certificate-agent/contract";
import { credentialContent } from "../../runtime/certificate-agent/credential";
import { decideConfig } from "../../runtime/certificate-agent/decide-config";
import { servedChecks, usagesOf } from "../../runtime/certificate-agent/served-certificates";
import { loadAddress, loadSettings } from "../../runtime/certificate-agent/settings";
import { EnvironmentError } from "../../runtime/common/environment-error";
import { signNatsJwt } from "../../runtime/nkeys/nats-jwt";
import { signingKey } from "../../runtime/nkeys/nkey";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../runtime/x509/authority";
import { unionPem } from "../../runtime/x509/pem";
import { Include, printConf, Raw } from "../../templates/nats-conf";

const day = 86_400_000;
const now = new Date();
const desired: DesiredCertificate = { names: ["a.example.com"], usages: ["server"], isPrivate: false, now };

let authority: KeyPairPem;
let other: KeyPairPem;
let pair: KeyPairPem;
beforeAll(async () => {
  [authority, other] = await Promise.all([
    createAuthority("one", 90 * day, now),
    createAuthority("two", 90 * day, now),
  ]);
  pair = await issue(["a.example.com"]);
});
const issue = (dns: string[], usages: ("server" | "client")[] = ["server"]) =>
  issueCertificate(authority, { names: { dns }, usages, ttlMs: day, now });
const secret = (changes: object = {}) =>
  JSON.stringify({ certificate: pair.cert, chain: "", privateKey: pair.key, authorities: authority.cert, ...changes });
const problemsOf = (text: string, changes: Partial<DesiredCertificate> = {}) => {
  const verdict = verifyCertificate(text, { ...desired, ...changes });
  return "problems" in verdict ? verdict.problems : [];
};

test("a good certificate is taken, its chain after it", () => {
  const verdict = verifyCertificate(secret({ chain: authority.cert }), desired);
  expect(verdict).toMatchObject({ certificate: { key: pair.key, authorities: authority.cert } });
  if ("certificate" in verdict) expect(verdict.certificate.crt).toBe(pair.cert + authority.cert);
});

test("everything that speaks against one is said at once", async () => {
  const broken = await issue(["b.example.com"], ["client"]);
  const text = secret({ certificate: broken.cert, privateKey: broken.key, authorities: other.cert });
  expect(problemsOf(text, { now: new Date(now.getTime() + 2 * day) })).toEqual([
    expect.stringMatching(/^it expired on /),
    "it does not carry a.example.com",
    "it may not be used as server",
    "none of the authorities signed it",
  ]);
  expect(problemsOf(secret(), { now: new Date(now.getTime() - day) })).toContainEqual(
    expect.stringMatching(/^it is valid only from /),
  );
});

test.each<[string, () => string, RegExp]>([
  ["the key of another", () => secret({ privateKey: other.key }), /belongs to another/],
  ["a chain that did not sign it", () => secret({ chain: other.cert }), /link 1 of the chain did not sign/],
  [
    "no certificate",
    () => secret({ certificate: "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----" }),
    /cannot be read/,
  ],
  ["a key that is none", () => secret({ privateKey: "-----BEGIN PRIVATE KEY-----\nx" }), /key cannot be read/],
  ["fields that are missing", () => "{}", /see certificate, chain, privateKey, authorities/],
])("%s is refused without a word of the secret", (_, text, problem) => {
  expect(problemsOf(text())).toContainEqual(expect.stringMatching(problem));
  expect(problemsOf(text()).join()).not.toMatch(/BEGIN|[A-Za-z0-9+/]{40}/);
});

test("a private certificate must go on naming its authority", () => {
  expect(problemsOf(secret({ authorities: "" }))).toEqual([]);
  expect(problemsOf(secret({ authorities: "" }), { isPrivate: true })).toEqual([expect.stringMatching(/no authority/)]);
});

test("a wildcard has to stand in the certificate, and covers names of one label", async () => {
  const wild = await issue(["*.example.com"]);
  const text = secret({ certificate: wild.cert, privateKey: wild.key });
  expect(problemsOf(text, { names: ["*.example.com", "a.example.com"] })).toEqual([]);
  expect(problemsOf(text, { names: ["a.b.example.com"] })).toEqual(["it does not carry a.b.example.com"]);
  expect(problemsOf(secret(), { names: ["*.example.com"] })).toEqual(["it does not carry *.example.com"]);
});

test("during a rollover both authorities are trusted, each once", () => {
  expect(unionPem([authority.cert, authority.cert + other.cert, ""])).toBe(authority.cert + other.cert);
});

test("a configuration is compared by dotted keys, whatever its values look like", () => {
  const before = printConf({
    server_name: "a",
    jetstream: { store_dir: "/data: {", max: new Raw("1GiB") },
    accounts: { "A.B": { users: [{ nkey: "U" }] }, EMPTY: {} },
    leafnodes: { remotes: [{ urls: ["tls://a"], include: new Include("x.conf") }] },
  });
  expect([...confValues(before).keys()]).toEqual([
    "server_name",
    "jetstream.store_dir",
    "jetstream.max",
    "accounts.A.B.users",
    "accounts.EMPTY",
    "leafnodes.remotes",
  ]);
  const after = before.replace("1GiB", "2GiB").replace("tls://a", "tls://b").replace("EMPTY", "NEW");
  expect(differingKeys(before, after)).toEqual([
    "accounts.EMPTY",
    "accounts.NEW",
    "jetstream.max",
    "leafnodes.remotes",
  ]);
  expect(differingKeys(before, before)).toEqual([]);
});

describe("a configuration in the store", () => {
  const text = printConf({ server_name: "core-0" });
  const published = (of: string) => ({ serverName: "core-0", restartDigest: "r1", textDigest: textDigest(of) });
  test.each([
    ["is written when it is new", { text, restartDigest: "r1" }, undefined, { action: "write" }],
    ["is kept when it is in place", { text, restartDigest: "r1" }, text, { action: "keep" }],
    ["waits when it needs a restart", { text, restartDigest: "r2" }, text, { action: "wait" }],
    ["is refused without its digest", { text, restartDigest: "" }, text, { action: "reject" }],
    [
      "is refused when it is another server's",
      { text: printConf({ server_name: "core-1" }), restartDigest: "r1" },
      text,
      { action: "reject" },
    ],
    ["is refused when it is empty", { text: "", restartDigest: "r1" }, text, { action: "reject" }],
  ])("%s", (_, stored, inPlace, decision) => {
    expect(decideConfig({ ...stored, revision: "1" }, published(stored.text), inPlace)).toMatchObject(decision);
  });

  test("is refused wherever it was cut, though what is left may be one that has no accounts", () => {
    const accounts = { A: { users: [{ nkey: "UA" }] }, SYS: {} };
    const whole = printConf({ server_name: "core-0", system_account: "SYS", accounts });
    const lines = whole.trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(8);
    for (const count of lines.keys()) {
      const text = lines.slice(0, count).join("\n");
      for (const inPlace of [undefined, whole])
        expect(decideConfig({ text, restartDigest: "r1", revision: "2" }, published(whole), inPlace)).toMatchObject({
          action: "reject",
        });
    }
  });

  test("is refused when the deployment did not publish it, though everything else is right", () => {
    const forged = { text: `${text}authorization: { users: [{ user: "me" }] }\n`, restartDigest: "r1", revision: "2" };
    for (const inPlace of [undefined, text])
      expect(decideConfig(forged, published(text), inPlace)).toEqual({
        action: "reject",
        problem: "the object is not the configuration that the deployment published",
      });
  });
});

test("a seed becomes an include, creds stay as they are, and anything else is refused in silence", () => {
  const seed = "SUAIBDPBAUTWCWBKIO6XHQNINK5FWJW4OHLXC3HQ2KFE4PEJUA44CNHTC4";
  expect(credentialContent("leaf.conf", `${seed}\n`)).toBe(`nkey: "${seed}"\n`);
  const [account, user] = [nkeys.createAccount(), nkeys.fromSeed(new TextEncoder().encode(seed))];
  const signer = signingKey("A", new TextDecoder().decode(account.getSeed()));
  if (!signer) throw new Error("no account");
  const jwtOf = (sub: string) => signNatsJwt({ sub }, { type: "user" }, signer, 1);
  const credsOf = (jwt: string) =>
    `-----BEGIN NATS USER JWT-----\n${jwt}\n------END NATS USER JWT------\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------`;
  const jwt = jwtOf(user.getPublicKey());
  const creds = credsOf(jwt);
  for (const cut of [1, 20, jwt.length / 2, jwt.length - 10])
    expect(() => credentialContent("leaf.creds", credsOf(jwt.slice(0, -cut)))).toThrow(/cut or altered|no creds/);
  expect(() => credentialContent("leaf.creds", credsOf(jwtOf(nkeys.createUser().getPublicKey())))).toThrow(
    "the JWT in the secret's creds is of another key than the seed",
  );
  expect(credentialContent("leaf.creds", creds)).toBe(`${creds}\n`);
  const wrong = `${seed.slice(0, -1)}A`;
  expect(() => credentialContent("leaf.conf", wrong)).toThrow(/^the secret holds no seed of a user$/);
  expect(() => credentialContent("leaf.creds", seed)).toThrow(/^the secret holds no creds$/);
});

test("every name of every listener is asked for; peers' listeners are shown a certificate", () => {
  const certificate = { crt: "c", key: "k", authorities: "", fingerprint: "f", notAfter: now };
  const checks = servedChecks({
    listeners: [
      { name: "client", port: 1, certificates: ["public", "internal"] },
      { name: "routes", port: 2, certificates: ["internal"] },
    ],
    certificates: [
      { id: "public", issuer: "public", secret: "s", names: ["*.example.com", "b.example.com"] },
      { id: "internal", issuer: "internal", secret: "s", names: ["c"] },
    ],
    inPlace: (id) => ({ ...certificate, fingerprint: id }),
    proxied: true,
  });
  expect(checks.map(({ listener, name, fingerprint, handshake }) => [listener, name, fingerprint, handshake])).toEqual([
    [
      "client",
      "*.example.com",
      "public",
      expect.objectContaining({ servername: "wildcard.example.com", proxied: true }),
    ],
    ["client", "b.example.com", "public", expect.objectContaining({ plainInfo: true, client: undefined })],
    ["client", "c", "internal", expect.objectContaining({ port: 1 })],
    [
      "routes",
      "c",
      "internal",
      expect.objectContaining({ plainInfo: false, proxied: false, client: { cert: "c", key: "k" } }),
    ],
  ]);
});

test("a certificate of routes is for both sides, and one that is not served for the client's", () => {
  const listeners = [
    { name: "client" as const, port: 1, certificates: ["public"] },
    { name: "routes" as const, port: 2, certificates: ["routes"] },
  ];
  expect(["public", "routes", "leaf-remote"].map((id) => usagesOf(id, listeners))).toEqual([
    ["server"],
    ["server", "client"],
    ["client"],
  ]);
});

test("an environment's problems are said at once, and a listener names certificates that there are", () => {
  expect(() => loadSettings({ CERTIFICATES: "[]", POLL_SECONDS: "" })).toThrow(EnvironmentError);
  const certificate = { id: "internal", issuer: "internal", secret: "s", names: ["a"] };
  const env = {
    SERVER_NAME: "core-0",
    CONFIG_BUCKET: "b",
    CONFIG_KEY: "k",
    CONFIG_DIGESTS: "/d",
    RESTART_DIGEST: "r",
    CERTIFICATES: JSON.stringify([certificate]),
    LISTENERS: JSON.stringify([{ name: "client", port: 4222, certificates: ["internal"] }]),
  };
  expect(loadSettings(env)).toMatchObject({ POLL_SECONDS: 60, HTTP_PORT: 9091, CREDENTIALS: [] });
  const unknown = JSON.stringify([{ name: "client", port: 4222, certificates: ["public"] }]);
  expect(() => loadSettings({ ...env, LISTENERS: unknown })).toThrow(/not in CERTIFICATES: public/);
  expect(loadAddress({})).toEqual({ host: "127.0.0.1", port: 9091 });
});
