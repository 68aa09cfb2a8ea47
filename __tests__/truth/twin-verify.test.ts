import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { createUser } from "nkeys.js";
import { startProcess } from "../../cli/core/processes";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { seedOf } from "../support/callout-keys";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { app, oidc, orders, permissions, threeServers } from "../support/twin-environment";
import { fileTimes, TestTwin, type VerifyRow } from "../support/twin-project";
import { startRogueResponder } from "../support/twin-responder";

const project = new TestProject();
const twin = new TestTwin(project, "proven");
const servers = ["core-0", "core-1", "core-2"];
const responders = ["auth-callout-core-0", "auth-callout-core-1"];
const day = 86_400_000;

/** A service with NATS's own right to answer, in an account where that does no harm. */
const loose = (allowResponses: "any-subject" | false) => ({
  account: "OPEN",
  subscribe: { allow: ["ask.>"] },
  allowResponses,
});
const environment = (more: Parameters<typeof loose>[0] = "any-subject") =>
  threeServers("proven", {
    accounts: { APP: {}, OPEN: { jetstream: { enabled: false } } },
    identity: { mode: "callout", oidc, permissions, services: { api: app, loose: loose(more) } },
    streams: [{ ...orders, consumers: [{ name: "fulfilment" }] }],
  });
beforeAll(() => twin.up(environment()));
afterAll(async () => {
  await twin.close();
  await project.remove();
});

/** Names of the rows that were not proven, of a verify that exits 1 exactly when there are any. */
async function failures(): Promise<string[]> {
  const { code, ok, rows } = await twin.verify();
  const failed = rows.filter((row) => !row.ok);
  expect({ code, ok }).toEqual(failed.length > 0 ? { code: 1, ok: false } : { code: 0, ok: true });
  return failed.map(({ what }) => what);
}

const manage = (work: (jsm: JetStreamManager) => Promise<unknown>) =>
  twin.read(async (client) =>
    work(await jetstreamManager(await client.connection(), { checkAPI: false, timeout: 30_000 })),
  );

/** Lets one server load its files again, and waits until it has. */
async function reload(server: string): Promise<void> {
  const before = (await twin.varz(server)).config_load_time;
  process.kill(twin.pid(server), "SIGHUP");
  await eventually(`the reload of ${server}`, async () => (await twin.varz(server)).config_load_time !== before);
}

describe("what runs as it should", () => {
  test("is proven row by row, as text and as data", async () => {
    const { code, stdout } = await project.natsform("verify", "proven", "--all");
    const { code: again, ok, rows } = await twin.verify();
    expect([code, again, ok]).toEqual([0, 0, true]);
    expect(stdout).toContain(`proven: ${rows.length} of ${rows.length} rows proven\n`);
    expect(stdout.match(/^✔ /gm)).toHaveLength(rows.length);
    for (const row of rows) {
      expect(row).toEqual({ group: expect.any(String), what: expect.any(String), ok: true, seen: expect.any(String) });
      expect(row.seen).not.toBe("");
      expect(stdout).toContain(row.what);
    }
    const grouped = (await project.natsform("verify", "proven")).stdout;
    expect(grouped.match(/^✔ +(\w+) +\d+ rows/gm)).toHaveLength(new Set(rows.map(({ group }) => group)).size);
    expect(grouped).toContain(`proven: ${rows.length} of ${rows.length} rows proven\n`);
    const count = (group: string) => rows.filter((row) => row.group === group).length;
    // Three rows a server, one for the quorum and one for the accounts; two names on 4222 and one on 6222; one list, two a stream; four.
    expect([count("servers"), count("certificates"), count("streams"), count("callout")]).toEqual([11, 9, 3, 4]);
  });

  test("holds the same on every server, which audit says as text, as data and by its exit code", async () => {
    const { code, stdout } = await project.natsform("audit", "proven");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/APP: ORDERS +core-0, core-1, core-2 hold/),
    });
    const { streams, verdict } = JSON.parse(await project.run("audit", "proven", "--stream", "ORDERS", "--json"));
    expect({ verdict, streams }).toMatchObject({ verdict: "agree", streams: [{ stream: "ORDERS", servers }] });
    // Before anything is read, also of those that are there.
    const unknown = await project.natsform("audit", "proven", "--stream", "ORDERS", "NOBODYS");
    expect(unknown).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("there are: ORDERS") });
  });

  test("is left as it was: no message, no consumer and no file more", async () => {
    await manage(async (jsm) => {
      const { state } = await jsm.streams.info("ORDERS");
      expect([state.messages, state.consumer_count]).toEqual([0, 1]);
    });
    const before = Object.keys(fileTimes(twin.folder.environment));
    await twin.verify();
    expect(Object.keys(fileTimes(twin.folder.environment))).toEqual(before);
  });
});

describe("a row fails", () => {
  test("where a configuration was changed, a certificate expired or a stream differs; up mends all of it", async () => {
    const { conf } = twin.folder.server("core-0");
    writeFileSync(conf, readFileSync(conf, "utf8").replace("1MiB", "2MiB"));
    await reload("core-0");
    await replaceCertificate({ ageMs: 20 * day, ttlMs: 10 * day });
    await reload("core-1");
    await manage(async (jsm) => {
      await jsm.streams.update("ORDERS", { max_age: 3600e9 });
      await jsm.consumers.delete("ORDERS", "fulfilment");
    });
    expect(await failures()).toEqual([
      "core-0: runs the rendered configuration",
      "core-1 client: internal certificate",
      "core/APP: streams and consumers as configured",
    ]);

    // The running configuration is the one that was tampered with; the file was not loaded by anybody else.
    await twin.up();
    expect(await failures()).toEqual([]);
  });

  test("where a certificate has other names, or another authority, or a stream too few replicas", async () => {
    await replaceCertificate({ dns: ["core-9.elsewhere.example.com"] });
    await reload("core-0");
    await replaceCertificate({ foreign: true });
    await reload("core-2");
    await manage(async (jsm) => {
      await jsm.streams.update("ORDERS", { num_replicas: 1 });
      await eventually("one replica", async () => {
        const { cluster } = await jsm.streams.info("ORDERS");
        return Boolean(cluster?.leader) && (cluster?.replicas ?? []).length === 0;
      });
    });
    expect(await failures()).toEqual([
      "core-0 client: internal certificate",
      "core-2 client: internal certificate",
      "core/APP: streams and consumers as configured",
      "ORDERS: R3",
    ]);
    await twin.up();
    await manage(async (jsm) => {
      await eventually(
        "three replicas",
        async () => (await jsm.streams.info("ORDERS")).cluster?.replicas?.length === 2,
      );
    });
    expect(await failures()).toEqual([]);
  });

  test("where a stream no longer stores its subjects", async () => {
    await manage((jsm) => jsm.streams.update("ORDERS", { subjects: ["elsewhere.>"] }));
    expect(await failures()).toEqual([
      "core/APP: streams and consumers as configured",
      "ORDERS: stored by all replicas",
    ]);
    await manage((jsm) => jsm.streams.update("ORDERS", { subjects: ["orders.>"] }));
  });

  test("where responders follow other rules", async () => {
    const path = join(twin.folder.root, "programs", "auth-rules-core.json");
    const own = readFileSync(path, "utf8");
    const rules = JSON.parse(own);
    rules.permissions[0].publish.allow.push("secrets.>");
    writeFileSync(path, JSON.stringify(rules));
    for (const responder of responders) await restartAsItIs(responder);
    expect(await failures()).toEqual(["core: a valid token gets its permissions and no others"]);
    writeFileSync(path, own);
    await twin.up();
  });

  test("where a responder lets everybody in", async () => {
    await twin.kill(...responders);
    const rogue = await startRogueResponder(twin);
    try {
      await twin.onlyResponder(1);
      const { rows } = await twin.verify();
      const of = (what: string) => rows.find((row) => row.what === `core: ${what}`);
      expect(of("a forged token is refused")).toMatchObject({ ok: false, seen: "it was admitted" });
      expect(of("a valid token gets its permissions and no others")?.ok).toBe(false);
      expect(of("services get their permissions and no others")?.ok).toBe(false);
    } finally {
      await rogue.close();
    }
    expect(await failures()).toEqual([]);
  });

  test("where a service may answer on any subject and should not", async () => {
    project.write(environment(false));
    expect(await failures()).toEqual(["core: services get their permissions and no others"]);
    project.write(environment());
    expect(await failures()).toEqual([]);
  });

  test("where nobody answers: silence is not a refusal", async () => {
    await twin.kill(...responders);
    expect(await failures()).toEqual([
      "core: a valid token gets its permissions and no others",
      "core: services get their permissions and no others",
      "core: a forged token is refused",
    ]);
    await twin.up();
  });

  test("where operators do not get in without the callout", async () => {
    const path = join(twin.folder.keys, "user-sys.key");
    renameSync(path, `${path}.own`);
    writeFileSync(path, `${seedOf(createUser())}\n`, { mode: 0o600 });
    try {
      expect(await failures()).toEqual(["core: SYS works with the callout stopped"]);
    } finally {
      renameSync(`${path}.own`, path);
    }
    await twin.well();
  });

  test("for everything of a server that is down, and for what needs it", async () => {
    await twin.kill("core-2");
    const { code, rows } = await twin.verify();
    expect(code).toBe(1);
    const failed = rows.filter(({ ok }) => !ok).map(({ what }) => what);
    const own = rows.filter(({ what }) => what.startsWith("core-2"));
    expect(own.filter(({ ok }) => ok)).toEqual([]);
    expect(failed).toEqual(
      expect.arrayContaining([
        "core-0: routes",
        "core-1: routes",
        "core: meta quorum",
        "ORDERS: stored by all replicas",
      ]),
    );
    const unaffected: VerifyRow[] = rows.filter(({ what }) => /^core-[01].*(names|rendered|certificate)$/.test(what));
    expect(unaffected.filter(({ ok }) => !ok)).toEqual([]);
    await twin.up();
    expect(await failures()).toEqual([]);
  });
});

/** Puts another certificate in the place of the internal one: of its names and age, or not signed by our authority. */
async function replaceCertificate(props: {
  ageMs?: number;
  ttlMs?: number;
  dns?: string[];
  foreign?: boolean;
}): Promise<void> {
  const { ageMs = 0, ttlMs = 30 * day, foreign = false } = props;
  const files = twin.folder.certificate("core", "internal");
  const authority = twin.folder.authority("internal");
  const own = { cert: readFileSync(authority.cert, "utf8"), key: readFileSync(authority.key, "utf8") };
  const hosts = servers.map((server) => `${server}.cloudmap.tests.example.com.internal`);
  const pair = await issueCertificate(
    foreign ? await createAuthority("natsform twin proven internal CA", 365 * day, new Date()) : own,
    {
      names: { dns: [...(props.dns ?? hosts), "localhost"], addresses: ["127.0.0.1"] },
      usages: ["server"],
      ttlMs,
      now: new Date(Date.now() - ageMs),
    },
  );
  writeFileSync(files.key, pair.key);
  writeFileSync(files.cert, pair.cert);
}

/** Starts a program again with the variables that it runs with, so that it reads its files anew. */
async function restartAsItIs(name: string): Promise<void> {
  const proc = (file: string) =>
    readFileSync(`/proc/${twin.pid(name)}/${file}`, "utf8")
      .split("\0")
      .slice(0, -1);
  const [command = "", ...args] = proc("cmdline");
  const env = Object.fromEntries(
    proc("environ").map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]),
  );
  await twin.kill(name);
  await startProcess(twin.folder.program(name), { command, args, env });
  await eventually(`a ready ${name}`, async () => {
    const { parts } = await twin.status();
    return parts.find((part) => part.name === name)?.ok === true;
  });
}
