import { X509Certificate } from "node:crypto";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { handshake } from "../../cli/twin/verify/handshake";
import type { CertificateId, IssuerId } from "../../model/topology";
import type { Authentication, NatsClient } from "../../runtime/client";
import type { Healthz } from "../../runtime/client/monitoring";
import { issueCertificate } from "../../runtime/x509/authority";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { threeServers } from "../support/twin-environment";
import { isAlive } from "../support/twin-processes";
import { type MetaGroup, TestTwin } from "../support/twin-project";
import {
  compare,
  figures,
  type Published,
  type Publisher,
  startPublisher,
  storedIds,
  streamInfo,
} from "../support/twin-publisher";

const project = new TestProject();
const twin = new TestTwin(project, "faults");
const servers = ["core-0", "core-1", "core-2"];
const responders = ["auth-callout-core-0", "auth-callout-core-1"];
/** What the servers themselves wait for an answer of the callout: `identity.timeoutSeconds`. */
const timeoutSeconds = 2;
const day = 86_400_000;

beforeAll(() => {
  const environment = threeServers("faults");
  return twin.up({ ...environment, identity: { ...environment.identity, timeoutSeconds } });
});
afterAll(async () => {
  await twin.close();
  await project.remove();
});

const leader = () => twin.read(async (client) => (await streamInfo(client, "ORDERS")).cluster?.leader ?? "");

/** Publishes while `work` is done and some time after, and proves that what was acknowledged is there once. */
async function publishing(name: string, work: (publisher: Publisher) => Promise<void>): Promise<Published> {
  const client = twin.client(twin.service());
  const publisher = startPublisher(client, `orders.${name}`, name);
  let published: Published;
  try {
    await more(publisher);
    await work(publisher);
    await more(publisher);
  } finally {
    published = await publisher.stop();
    await client.close();
  }
  const all = await twin.read((client) => storedIds(client, "ORDERS"));
  const stored = all.filter((id) => id.startsWith(`${name}-`));
  console.info(`${name}: ${figures(published)}`);
  expect(compare(stored, published)).toEqual({ lost: [], twice: [] });
  expect(published.failed).toEqual([]);
  return published;
}

const more = (publisher: Publisher) => {
  const reached = publisher.count();
  return eventually("more acknowledgements", () => publisher.count() > reached + 50);
};

const healthy = (server: string) =>
  twin.ask<Healthz>(server, "/healthz").then(
    ({ status }) => status === "ok",
    () => false,
  );

/** Logs in and asks who it is; resolves with the answer or the refusal, and the time it took. */
async function login(authentication: Authentication): Promise<{ account?: string; refused?: string; ms: number }> {
  const client = twin.client(authentication);
  const started = Date.now();
  try {
    const info = (await client.request("$SYS.REQ.USER.INFO")).json<{ data: { account: string } }>();
    return { account: info.data.account, ms: Date.now() - started };
  } catch (error) {
    return { refused: String(error), ms: Date.now() - started };
  } finally {
    await client.close();
  }
}

describe("under a publisher", () => {
  test("a lame duck roll of all servers loses nothing that was acknowledged", async () => {
    const before = twin.pids();
    await publishing("lame-duck", async (publisher) => {
      for (const server of servers) {
        const pid = twin.pid(server);
        process.kill(pid, "SIGUSR2");
        await eventually(`the end of ${server}`, () => !isAlive(pid));
        expect(await twin.up()).toContain("Servers: 1 started, 2 kept");
        await eventually(`a healthy ${server}`, () => healthy(server));
        await more(publisher);
      }
    });
    for (const server of servers) expect(twin.pid(server)).not.toBe(before[server]);
  });

  test("SIGKILL of the stream's leader loses nothing that was acknowledged", async () => {
    await publishing("sigkill", async (publisher) => {
      const old = await leader();
      await twin.kill(old);
      await more(publisher);
      expect(await leader()).not.toBe(old);
      expect(await twin.up()).toContain(`${old} had ended by itself`);
      await eventually(`a healthy ${old}`, () => healthy(old));
    });
  });
});

test("no server is restarted while another one that is left alone does not serve", async () => {
  const [first, second] = servers as [string, string];
  const before = twin.pid(first);
  // As a change that needs a restart leaves it: what the server runs with is not what was rendered.
  rmSync(`${twin.folder.server(first).conf}.restart`);
  process.kill(twin.pid(second), "SIGSTOP");
  try {
    const { code, stderr } = await project.natsform("up", "faults");
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(`${first} is not restarted: ${second} is not ready`),
    });
    expect(twin.pid(first)).toBe(before);
  } finally {
    process.kill(twin.pid(second), "SIGCONT");
  }
  await eventually(`a healthy ${second}`, () => healthy(second));
  expect(await twin.up()).toContain("Servers: 2 kept, 1 restarted");
});

describe("certificates", () => {
  const pairs: { id: CertificateId; issuer: IssuerId }[] = [
    { id: "public", issuer: "public" },
    { id: "internal", issuer: "internal" },
    { id: "routes", issuer: "routes" },
  ];
  const names = ["nats.tests.example.com", "core-0.cloudmap.tests.example.com.internal"];
  const port = (server: string) =>
    Number(new URL(twin.connectFile().servers.find(({ name }) => name === server)?.client ?? "").port);

  /** Serial numbers that each server shows for each name. */
  const served = () =>
    twin.each((server) =>
      Promise.all(
        names.map(async (servername) => {
          const ca = readFileSync(twin.folder.caBundle, "utf8");
          const { certificate } = await handshake({
            host: "127.0.0.1",
            port: port(server),
            servername,
            ca,
            plainInfo: true,
            timeoutMs: 30_000,
          });
          return certificate.serialNumber;
        }),
      ),
    );
  const routes = () =>
    twin.each(async (server) => {
      const { routes } = await twin.ask<{ routes: { rid: number; start: string }[] }>(server, "/routez");
      return routes.map(({ rid, start }) => `${rid} ${start}`).sort();
    });

  /** Replaces a certificate by another one of the same names, with this much of its life gone. */
  async function reissue({ id, issuer }: (typeof pairs)[number], ageMs: number): Promise<void> {
    const files = twin.folder.certificate("core", id);
    const authority = twin.folder.authority(issuer);
    const old = new X509Certificate(readFileSync(files.cert, "utf8"));
    const list = (old.subjectAltName ?? "").split(", ");
    const of = (kind: string) => list.filter((name) => name.startsWith(kind)).map((name) => name.slice(kind.length));
    const pair = await issueCertificate(
      { cert: readFileSync(authority.cert, "utf8"), key: readFileSync(authority.key, "utf8") },
      {
        names: { dns: of("DNS:"), addresses: of("IP Address:") },
        usages: id === "routes" ? ["server", "client"] : ["server"],
        ttlMs: 30 * day,
        now: new Date(Date.now() - ageMs),
      },
    );
    writeFileSync(files.key, pair.key);
    writeFileSync(files.cert, pair.cert);
  }

  test("with less than a third of their life left are renewed by a reload; routes and known users stay", async () => {
    const fixed = twin.client(twin.user("sys"));
    await fixed.connection();
    const before = { pids: twin.pids(), served: await served(), routes: await routes() };
    await publishing("renewal", async () => {
      for (const pair of pairs) await reissue(pair, 25 * day);
      const text = await twin.up();
      expect(text).toContain("0 keys and 3 certificates made");
      expect(text).toContain("Servers: 3 reloaded");
    });
    expect(twin.pids()).toEqual(before.pids);
    const after = await served();
    for (const server of servers) {
      const [publicName, internalName] = before.served[server] ?? [];
      expect(after[server]).not.toContain(publicName);
      expect(after[server]).not.toContain(internalName);
      expect(after[server]).toEqual(after["core-0"]);
    }
    expect(await routes()).toEqual(before.routes);
    expect(fixed.health()).toMatchObject({ connected: true, reconnects: 0 });
    await fixed.close();
    expect(await twin.up()).toContain("Servers: 3 kept");
  });

  test("that somebody else replaced are loaded by the next up, and by nothing before", async () => {
    const before = await served();
    await reissue({ id: "internal", issuer: "internal" }, 0);
    expect(await served()).toEqual(before);
    const text = await twin.up();
    expect(text).toContain("0 certificates made");
    expect(text).toContain("Servers: 3 reloaded");
    const after = await served();
    const [publicName, internalName] = before["core-2"] ?? [];
    expect(after["core-2"]).toEqual([publicName, expect.not.stringMatching(internalName ?? "")]);
  });

  test("of an authority that is replaced are served once every server trusts it; routes and known users stay", async () => {
    const files = twin.folder.authority("routes");
    const [authority, before] = [readFileSync(files.cert, "utf8"), { pids: twin.pids(), routes: await routes() }];
    rmSync(files.key);
    expect(await twin.up()).toContain("; authorities: routes signs, routes retired");
    expect(readFileSync(files.cert, "utf8")).not.toContain(authority.trim());
    expect({ pids: twin.pids(), routes: await routes() }).toEqual(before);
    // A server that comes back meets the others with the new one.
    await twin.kill("core-2");
    expect(await twin.up()).toContain("1 started");
    await twin.well();
  });

  test("whose key belongs to another one, or that are no certificates, are made anew", async () => {
    const { cert, key } = twin.folder.certificate("core", "internal");
    // What an `up` leaves that is cut off between the two files.
    writeFileSync(key, readFileSync(twin.folder.certificate("core", "public").key, "utf8"));
    expect(await twin.up()).toContain("1 certificate made");
    writeFileSync(cert, "not a certificate");
    expect(await twin.up()).toContain("1 certificate made");
    await twin.well();
    await served();
  });
});

describe("without the callout", () => {
  let user: NatsClient;
  let service: NatsClient;

  test("users that are connected go on, operators get in, everybody else is refused", async () => {
    const token = await twin.token("frank");
    user = twin.client({ kind: "token", token });
    service = twin.client(twin.service());
    const connection = await service.connection();
    connection.subscribe("user.frank.ping", { callback: (_, message) => void message.respond("pong") });
    expect((await user.request("$SYS.REQ.USER.INFO")).json()).toMatchObject({ data: { account: "APP" } });

    await twin.kill(...responders);
    await twin.onlyWrong(...responders);

    // A login that waited for the callout would be refused after that.
    const sys = await login(twin.user("sys"));
    expect(sys).toMatchObject({ account: "SYS" });
    const [fresh, known] = await Promise.all([login({ kind: "token", token }), login(twin.service())]);
    for (const { refused } of [fresh, known]) expect(refused).toMatch(/authorization violation/i);
    console.info(`callout down: SYS in ${sys.ms} ms, others refused after ${fresh.ms} and ${known.ms} ms`);

    expect((await user.request("user.frank.ping")).string()).toBe("pong");
    await service.publishToStream("orders.outage", "kept", { messageId: "outage" });
    expect([user.health().reconnects, service.health().reconnects]).toEqual([0, 0]);
  });

  test("up brings it back, and users in, without touching servers or those who stayed", async () => {
    const before = Object.fromEntries(servers.map((server) => [server, twin.pid(server)]));
    expect(await twin.up()).toContain("Servers: 3 kept");
    expect(twin.pids()).toMatchObject(before);
    expect(await login({ kind: "token", token: await twin.token("frank") })).toMatchObject({ account: "APP" });
    expect(await login(twin.service())).toMatchObject({ account: "APP" });
    expect([user.health().reconnects, service.health().reconnects]).toEqual([0, 0]);
    await Promise.all([user.close(), service.close()]);
  });

  test("of two responders one is enough", async () => {
    const token = await twin.token("grace");
    await twin.kill("auth-callout-core-0");
    await twin.onlyResponder();
    const logins = await Promise.all(Array.from({ length: 20 }, () => login({ kind: "token", token })));
    expect(logins.filter(({ account }) => account !== "APP")).toEqual([]);
    expect((await twin.status()).code).toBe(1);
    await twin.up();
    await twin.well();
  });
});

describe("a cold start of all servers", () => {
  const quorum = () =>
    eventually("a quorum of three healthy servers", async () => {
      const views = Object.values(await twin.each((server) => twin.ask<MetaGroup>(server, "/jsz")));
      const leaders = new Set(views.map(({ meta_cluster }) => meta_cluster?.leader));
      const sizes = new Set(views.map(({ meta_cluster }) => meta_cluster?.cluster_size));
      const health = Object.values(await twin.each(healthy));
      return leaders.size === 1 && [...sizes].join() === "3" && health.every(Boolean);
    });
  const ids = async () => (await twin.read((client) => storedIds(client, "ORDERS"))).sort();
  interface Stored {
    account_details?: { stream_detail?: { name: string; state: { messages: number } }[] }[];
  }
  const hasAll = (server: string, count: number) =>
    eventually(`all of ORDERS on ${server}`, async () => {
      const { account_details = [] } = await twin.ask<Stored>(server, "/jsz?accounts=true&streams=true");
      const streams = account_details.flatMap(({ stream_detail }) => stream_detail ?? []);
      return streams.find(({ name }) => name === "ORDERS")?.state.messages === count;
    });
  const put = (id: string) =>
    twin.with(twin.service(), (client) => client.publishToStream("orders.cold", id, { messageId: id }));

  test("reaches a quorum after SIGKILL of all, with one JetStream folder that is older than the others", async () => {
    await put("before the copy");
    const { store } = twin.folder.server("core-0");
    await twin.kill("core-0");
    cpSync(store, `${store}.old`, { recursive: true });
    await twin.up();
    await put("after the copy");
    const before = await ids();
    expect(before).toEqual(expect.arrayContaining(["before the copy", "after the copy"]));
    // Two of three have what is acknowledged: if the one whose folder is put back were one of them, it would be lost.
    for (const server of servers) await hasAll(server, before.length);
    await twin.kill(...servers);
    rmSync(store, { recursive: true });
    cpSync(`${store}.old`, store, { recursive: true });
    rmSync(`${store}.old`, { recursive: true });

    expect(await twin.up()).toContain("Servers: 3 started; core-0, core-1, core-2 had ended by itself");
    await quorum();
    expect(await ids()).toEqual(before);
  });

  test("a server without its JetStream folder comes back as the same peer and catches up", async () => {
    const before = await ids();
    await twin.kill("core-1");
    rmSync(twin.folder.server("core-1").store, { recursive: true });
    await twin.up();
    await quorum();
    await hasAll("core-1", before.length);
    expect(await ids()).toEqual(before);
    expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
  });
});
