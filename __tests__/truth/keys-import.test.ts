import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Account, decode, newScopedSigner } from "@nats-io/jwt";
import { createAccount, createUser } from "nkeys.js";
import { deployedValues } from "../../cli/keys/push";
import { FolderStore } from "../../cli/keys/store";
import { type EnvironmentInput, parseEnvironment, type Trust } from "../../model/config";
import { buildTopology, clusterOf, isOnKubernetes, trustProblems } from "../../model/topology";
import { type Authentication, NatsClient } from "../../runtime/client";
import { toAuthRules } from "../../templates/callout-rules";
import { helmValues } from "../../templates/helm-values";
import { identityConf } from "../../templates/nats-conf/identity";
import { printConf } from "../../templates/nats-conf/tree";
import { startIssuer } from "../support/callout-issuer";
import { makeCertificate, makeFolder, removeFolder, startNatsServer } from "../support/callout-nats-server";
import { bundleCallout, startCallout } from "../support/callout-program";
import { ForeignOperator } from "../support/foreign-operator";
import { TestProject } from "../support/project";
import { TestTwin } from "../support/twin-project";

const environment: EnvironmentInput = {
  name: "imported",
  accounts: {
    APP: { exports: [{ service: "ask.*", accounts: ["PLAIN"] }] },
    PLAIN: {
      jetstream: { enabled: false },
      imports: [{ service: { account: "APP", subject: "ask.*" }, to: "app.*" }],
    },
  },
  identity: {
    mode: "operator",
    oidc: { issuer: "https://id.example.com/", audience: "nats" },
    permissions: [
      { account: "PLAIN", when: [{ claim: "account", equals: "plain" }], publish: { allow: ["app.{sub}"] } },
      {
        ...{ account: "APP", publish: { allow: ["orders.{sub}"] } },
        ...{ subscribe: { allow: ["ask.*"] }, allowResponses: true },
      },
    ],
    responders: 1,
  },
  clusters: {
    core: { platform: { kind: "kubernetes", flavor: "gke" }, size: 1, jetstream: { durability: "durable" } },
  },
};
const topology = () => {
  const parsed = parseEnvironment(environment);
  if (!parsed.environment) throw new Error(JSON.stringify(parsed.problems));
  return buildTopology(parsed.environment);
};

const project = new TestProject();
const theirs = new ForeignOperator("$SYS", "APP", "PLAIN", "callouts", "elsewhere");
const folder = makeFolder();
const stops: (() => Promise<unknown>)[] = [];
const keys = join(project.root, ".natsform/imported/keys");
const trustFile = join(project.root, "environments/imported.trust.json");
const trust = () => JSON.parse(readFileSync(trustFile, "utf8")) as Trust;

afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  removeFolder(folder);
  await project.remove();
});

const write = (name: string, text: string) => {
  mkdirSync(join(project.root, "theirs"), { recursive: true });
  writeFileSync(join(project.root, "theirs", name), text, { mode: 0o600 });
  return join(project.root, "theirs", name);
};
const natsform = (...more: string[]) =>
  project.natsform(
    "keys",
    "import-operator",
    "imported",
    ...["--operator-jwt", write("operator.jwt", theirs.operatorFile)],
    ...["--system-account", write("sys-account.jwt", theirs.systemAccountFile)],
    ...["--resolver-preload", write("resolver-preload.conf", theirs.preloadFile)],
    ...more,
  );
const withAll = (sys: string) => [
  "--account",
  "AUTH=callouts",
  "--creds",
  `sys=${sys}`,
  "--creds",
  `observer=${sys}`,
  "--creds",
  `renewal=${sys}`,
];

/** What natsform asked the operator's people to enter, read from its own messages alone. */
const asked = { signing: {} as Record<string, string>, responder: "", xkey: "" };

test("everything that has to change is said at once, and nothing is taken over", async () => {
  project.write(environment);
  await theirs.sign();
  const { code, stdout, stderr } = await natsform("--account", "AUTH=callouts");
  expect(code).toBe(1);
  expect(stdout).toBe("");
  for (const [, key = "", account = ""] of stderr.matchAll(/add (A[A-Z2-7]{55}) to the signing keys of (\S+) in/g)) {
    asked.signing[account] = key;
  }
  asked.responder = /set the auth callout of callouts: add user (U[A-Z2-7]{55})/.exec(stderr)?.[1] ?? "";
  asked.xkey = /set that of callouts to (X[A-Z2-7]{55})/.exec(stderr)?.[1] ?? "";
  expect(Object.keys(asked.signing).sort()).toEqual(["$SYS", "APP", "PLAIN", "callouts"]);
  expect([asked.responder, asked.xkey].every(Boolean)).toBe(true);
  expect(stderr).toMatch(/allowed_accounts.*do not include APP, PLAIN/);
  expect(stderr).toMatch(/creds\.sys: is missing[\s\S]*--creds sys=FILE/);
  expect(stderr).toMatch(/accounts\.APP\.exports\[0\]: is not in the JWT of APP: service ask\.\*; /);
  expect(stderr).toMatch(
    /accounts\.PLAIN\.imports\[0\]: is not in the JWT of PLAIN: service ask\.\* of APP, as app\.\*; /,
  );
  expect(existsSync(trustFile)).toBe(false);
  expect(readdirSync(keys).filter((file) => file.startsWith("creds-"))).toEqual([]);
});

/** With what the library has no types for. */
type Claims = Partial<Account> & { mappings?: Record<string, object[]> };

const revoked = createUser().getPublicKey();
const reader = newScopedSigner(createAccount(), "reader", { sub: { allow: ["news.>"] } });

/** The operator's accounts as natsform asks for them, with claims of their own besides. */
async function signAsAsked(more: Claims = {}): Promise<void> {
  const signing = (name: string) => ({ signing_keys: [asked.signing[name] ?? ""] });
  const from = (account: string) => ({ account: theirs.key(account) });
  await theirs.sign({
    APP: {
      signing_keys: [asked.signing.APP ?? "", reader],
      exports: [
        { name: "ask", subject: "ask.*", type: "service", token_req: true },
        { name: "secret", subject: "secret.>", type: "service", description: "not of the environment" },
      ],
      default_permissions: { pub: { deny: ["denied.>"] } },
      mappings: { "old.ask": [{ subject: "ask.old" }] },
      revocations: { [revoked]: 1 },
      tags: ["team:orders"],
      ...more,
    },
    PLAIN: {
      ...signing("PLAIN"),
      imports: [
        {
          ...{ name: "ask", subject: "ask.*", local_subject: "app.*", type: "service", ...from("APP") },
          token: await theirs.token("PLAIN", "APP", "ask.*"),
        },
        { name: "metrics", subject: "metrics.>", type: "stream", ...from("elsewhere") },
      ],
    },
    callouts: {
      ...signing("callouts"),
      authorization: { auth_users: [asked.responder], allowed_accounts: ["*"], xkey: asked.xkey },
    },
  });
}

test("with the operator's JWTs as asked, they are taken over as they are", async () => {
  await signAsAsked();
  const sys = write("sys.creds", await theirs.creds("their sys", "$SYS"));
  const { code, stdout, stderr } = await natsform(...withAll(sys));
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/its services may not answer there: secret\.> of APP\n/);
  expect(stdout).toMatch(/ignored, because the environment does not name them: elsewhere/);
  expect(trust()).toMatchObject({ imported: true, operator: { jwt: theirs.jwt } });
  expect(trust().accounts.AUTH).toMatchObject({ publicKey: theirs.key("callouts"), jwt: theirs.jwts.callouts });
  expect(trustProblems(topology(), trust())).toEqual([]);
  expect(readdirSync(keys)).not.toContain("operator.key");
});

test("another import and another init change nothing, and sign nothing anew", async () => {
  const before = readFileSync(trustFile, "utf8");
  const { code } = await natsform("--account", "AUTH=callouts");
  expect(code).toBe(0);
  await project.run("keys", "init", "imported");
  expect(readFileSync(trustFile, "utf8")).toBe(before);
  const { code: rotated, stderr } = await project.natsform("keys", "rotate", "imported");
  expect([rotated, stderr]).toEqual([1, expect.stringContaining("is imported")]);
});

test("Helm values and nats.conf hold the operator's own JWTs", () => {
  const cluster = clusterOf(topology(), "core");
  if (!isOnKubernetes(cluster)) throw new Error("not on Kubernetes");
  const values = JSON.stringify(helmValues({ topology: topology(), cluster, trust: trust() }));
  for (const name of ["$SYS", "APP", "PLAIN", "callouts"]) expect(values).toContain(theirs.jwts[name]);
  expect(values).toContain(theirs.jwt);
});

test("servers of that operator let in the imported creds, and the callout whom a token names", async () => {
  const { certFile, keyFile } = makeCertificate(folder);
  const tls = `tls { cert_file: "${certFile}", key_file: "${keyFile}" }\n`;
  const conf = printConf(identityConf(topology(), clusterOf(topology(), "core"), trust(), folder));
  const server = await startNatsServer(folder, `server_name: imported\n${tls}${conf}`);
  stops.push(() => server.stop());
  const issuer = await startIssuer();
  stops.push(() => issuer.stop());
  const store = new FolderStore(keys);
  const deployed = new Map(
    (await deployedValues({ topology: topology(), trust: {} }, store)).map(({ name, value }) => [name, value]),
  );
  expect([...deployed].filter(([, value]) => value === "")).toEqual([]);
  const callout = await startCallout(bundleCallout(folder), {
    NATS_SERVERS: server.url,
    NATS_CA_FILE: certFile,
    NATS_AUTH_CREDS: `${deployed.get("creds-responder")}\n`,
    NATS_AUTH_ACCOUNT: trust().accounts.AUTH?.publicKey ?? "",
    NATS_AUTH_NKEY_ISSUER_SEED: deployed.get("callout-issuer") ?? "",
    NATS_AUTH_XKEY_ISSUER_SEED: deployed.get("callout-xkey") ?? "",
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: issuer.audience,
    AUTH_RULES: JSON.stringify(toAuthRules(topology(), trust())),
  });
  stops.push(() => callout.stop());
  await callout.ready();
  const ask = async <T>(authentication: Authentication, subject: string) => {
    const patience = { connectTimeoutMs: 30_000, requestTimeoutMs: 30_000 };
    const client = new NatsClient({ servers: server.url, caFile: certFile, authentication, ...patience });
    try {
      return (await client.request(subject)).json<T>();
    } finally {
      await client.close();
    }
  };
  type Info = { data: { user: string; account: string } };
  const whoAmI = "$SYS.REQ.USER.INFO";
  const sys = await ask<{ server: { name: string } }>(
    { kind: "creds", creds: `${await store.read("creds-sys")}\n` },
    "$SYS.REQ.SERVER.PING",
  );
  expect(sys.server.name).toBe("imported");

  const { data } = await ask<Info>({ kind: "token", token: await issuer.token({}) }, whoAmI);
  expect(data.account).toBe(theirs.key("APP"));
  await expect(ask({ kind: "token", token: "none" }, whoAmI)).rejects.toThrow(/authorization violation/i);
  // Signed by natsform's own signing key, which the operator's account lists.
  const streams = decode<{ issuer_account: string }>(
    /-----BEGIN NATS USER JWT-----\s+(\S+)/.exec((await store.read("creds-streams-APP")) ?? "")?.[1] ?? "",
  );
  expect([streams.iss, streams.nats.issuer_account]).toEqual([asked.signing.APP, theirs.key("APP")]);
});

describe("the twin", () => {
  const twin = new TestTwin(project, "imported");
  afterAll(() => twin.close());
  const claimsRow = async () =>
    (await twin.verify()).rows.find(({ what }) => what === "accounts: claims of the imported operator");
  const elsewhere = `PLAIN: no import of stream metrics.> from ${theirs.key("elsewhere")}`;
  const unavoidable = `not the same: operator: strict_signing_key_usage; ${elsewhere}`;

  test("has an operator of its own that says the same, and what it cannot say is named", async () => {
    await twin.up();
    expect(await claimsRow()).toMatchObject({ ok: true, warns: true, seen: unavoidable });
    const claims = decode<Account>(twin.trust().accounts.APP?.jwt ?? "").nats;
    const { exports, default_permissions, mappings, revocations, tags, signing_keys } = decode<Claims>(
      theirs.jwts.APP ?? "",
    ).nats;
    expect(claims).toMatchObject({ exports, default_permissions, mappings, revocations, tags });
    expect(claims.signing_keys).toEqual(expect.arrayContaining([signing_keys?.[0], signing_keys?.at(-1)]));
    expect(claims.signing_keys).not.toContain(asked.signing.APP);
  });

  test("shares between its accounts what the operator's share, with a token that servers accept", async () => {
    const login = async (sub: string, ...options: string[]): Promise<Authentication> => ({
      ...{ kind: "token", token: await twin.token(sub, ...options) },
    });
    await twin.with(await login("bob"), async (answering) => {
      const connection = await answering.connection();
      connection.subscribe("ask.*", { callback: (_, message) => void message.respond(`to ${message.subject}`) });
      await connection.flush();
      await twin.with(await login("alice", "--claim", "account=plain"), async (asking) => {
        expect((await asking.request("app.alice")).string()).toBe("to ask.alice");
      });
    });
  });

  test("is found to be another one when the operator says something else, until it is brought up again", async () => {
    await signAsAsked({ tags: ["team:shipping"], default_permissions: {} });
    expect((await natsform("--account", "AUTH=callouts")).code).toBe(0);
    expect(await claimsRow()).toMatchObject({
      ok: false,
      seen: `not the same: operator: strict_signing_key_usage; APP: default_permissions; APP: tags; ${elsewhere}`,
    });
    expect(await twin.up()).toContain(unavoidable.replace("not the same", "not as the imported operator says"));
    expect(await claimsRow()).toMatchObject({ ok: true, seen: unavoidable });
  });
});

test("files that do not belong together are refused, each with its reason", async () => {
  const before = readFileSync(trustFile, "utf8");
  const strangers = new ForeignOperator("$SYS", "APP");
  await strangers.sign();
  const foreign = write("foreign.creds", await strangers.creds("sys", "$SYS"));
  const broken = write("broken.creds", readFileSync(foreign, "utf8").replace(/SU[A-Z2-7]{56}/, "none"));
  const { jwts } = theirs;
  const [sys, app] = [jwts.$SYS, jwts.APP];
  try {
    jwts.$SYS = strangers.jwts.$SYS ?? "";
    jwts.APP = `${app?.slice(0, -6)}AAAAAA`;
    const { code, stderr } = await natsform(
      ...["--account", "AUTH=callouts", "--creds", `sys=${foreign}`],
      ...["--creds", `responder=${broken}`, "--creds", `nobody=${foreign}`, "--account", "NONE=theirs"],
    );
    expect(code).toBe(1);
    for (const said of [
      /system-account: is not the operator's system account/,
      /accounts\.SYS: is signed by a key that is not the operator's/,
      /resolver-preload\.A\w+: has a signature that is not its issuer's/,
      /accounts\.APP: is in neither file/,
      /creds\.responder: holds no seed/,
      /creds\.nobody: is not a user of the environment/,
      /accounts\.NONE: is not an account of the environment/,
    ])
      expect(stderr).toMatch(said);
  } finally {
    Object.assign(jwts, { $SYS: sys, APP: app });
  }
  const { stderr } = await natsform("--account", "AUTH=callouts", "--creds", `sys=${foreign}`);
  expect(stderr).toMatch(/creds\.sys: is not a user of account \$SYS/);
  const own = write("own.creds", await theirs.creds("sys", "$SYS", "own"));
  const strict = await natsform("--account", "AUTH=callouts", "--creds", `sys=${own}`);
  expect(strict.stderr).toMatch(
    /creds\.sys: is signed by the account's own key, which servers of this operator refuse/,
  );
  expect(readFileSync(trustFile, "utf8")).toBe(before);
});
