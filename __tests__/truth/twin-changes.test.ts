import { readFileSync, writeFileSync } from "node:fs";
import { startProcess } from "../../cli/core/processes";
import type { EnvironmentInput } from "../../model/config";
import type { Authentication } from "../../runtime/client";
import { eventually } from "../support/eventually";
import { findProgram } from "../support/programs";
import { TestProject } from "../support/project";
import { app, core, oidc, orders, permissions, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";
import { compare, figures, type Published, startPublisher, storedIds, streamInfo } from "../support/twin-publisher";
import { type Visits, whileClientsConnect } from "../support/twin-visitors";

const project = new TestProject();
const twin = new TestTwin(project, "changes");
const servers = ["core-0", "core-1", "core-2"];
const responders = ["auth-callout-core-0", "auth-callout-core-1"];

/** The environment as the tests before left it: each changes one thing of it. */
let environment = threeServers("changes");
function change(fields: Partial<EnvironmentInput>): EnvironmentInput {
  environment = { ...environment, ...fields };
  return environment;
}
const identity = (fields: object): EnvironmentInput["identity"] => ({ ...environment.identity, ...fields });

const pids = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, twin.pid(name)]));

beforeAll(() => twin.up(environment));
afterAll(async () => {
  await twin.close();
  await project.remove();
});

/** What the servers say of who logs in so. */
const whoIs = (authentication: Authentication) =>
  twin.with(
    authentication,
    async (client) => (await client.request("$SYS.REQ.USER.INFO")).json<{ data: object }>().data,
  );

describe("what a server can reload", () => {
  test("is reloaded: the processes stay, and their digests change", async () => {
    const fixed = twin.client(twin.user("sys"));
    const user = twin.client({ kind: "token", token: await twin.token("dave") });
    const service = twin.client(twin.service());
    for (const client of [fixed, user, service]) await client.connection();
    const before = { pids: twin.pids(), digests: await twin.digests() };

    const text = await twin.up(change({ nats: { maxPayload: "2MiB" } }));
    expect(text).toContain("Servers: 3 reloaded");
    expect(twin.pids()).toEqual(before.pids);
    const digests = await twin.digests();
    for (const server of servers) expect(digests[server]).not.toBe(before.digests[server]);
    expect(await twin.each(async (server) => (await twin.varz(server)).max_payload)).toEqual(
      Object.fromEntries(servers.map((server) => [server, 2 * 1024 * 1024])),
    );

    // What nats-server 2.14.5 does on any reload: it closes whom the callout let in, and keeps whom it knows itself.
    expect(fixed.health()).toMatchObject({ connected: true, reconnects: 0 });
    for (const client of [user, service]) {
      // Each server closes it once: what it asks may be lost to the next one's reload.
      await eventually("a client that is back and served", async () => {
        const { connected, reconnects } = client.health();
        const served = () => client.request("$SYS.REQ.USER.INFO").then(Boolean, () => false);
        return connected && reconnects > 0 && (await served());
      });
    }
    await twin.close();
    expect(await twin.up()).toContain("Servers: 3 kept");
  });

  test("is reloaded only once responders answer: they let in again whom the reload closes", async () => {
    await twin.kill(...responders);
    const text = await twin.up(change({ nats: { maxPayload: "4MiB" } }));
    expect(text).toContain("Servers: 3 reloaded");
    const first = text.indexOf("reloads core-0");
    for (const responder of responders) {
      expect(text).toContain(`${responder}: started`);
      expect(text.indexOf(`${responder}: started`)).toBeLessThan(first);
    }
  });

  test("is reloaded by the next up, when the one before was cut off between writing and loading", async () => {
    const before = { digests: await twin.digests(), pids: pids(servers) };
    for (const server of servers) {
      const { conf } = twin.folder.server(server);
      const text = readFileSync(conf, "utf8");
      expect(text).toContain("4MiB");
      writeFileSync(conf, text.replace("4MiB", "3MiB"));
    }
    expect(await twin.up(change({ nats: { maxPayload: "3MiB" } }))).toContain("Servers: 3 reloaded");
    const digests = await twin.digests();
    for (const server of servers) expect(digests[server]).not.toBe(before.digests[server]);
    expect(pids(servers)).toEqual(before.pids);
  });
});

describe("services and streams", () => {
  test("a new service touches no server, and gets in with its nkey", async () => {
    const before = { servers: pids(servers), digests: await twin.digests(), responders: pids(responders) };
    const loaded = await twin.each(async (server) => (await twin.varz(server)).config_load_time);
    await twin.up(change({ identity: identity({ services: { api: app, reports: app } }) }));
    expect(pids(servers)).toEqual(before.servers);
    expect(await twin.digests()).toEqual(before.digests);
    expect(await twin.each(async (server) => (await twin.varz(server)).config_load_time)).toEqual(loaded);
    for (const name of responders) expect(twin.pid(name)).not.toBe(before.responders[name]);
    expect(await whoIs(twin.service("reports"))).toMatchObject({ account: "APP", user: "reports" });
  });

  test("a service that is taken away no longer gets in", async () => {
    const reports = twin.service("reports");
    await twin.up(change({ identity: identity({ services: { api: app } }) }));
    await expect(whoIs(reports)).rejects.toThrow(/authorization violation/i);
    expect(await whoIs(twin.service())).toMatchObject({ user: "api" });
  });

  test("a new stream is made, and only that", async () => {
    const before = twin.pids();
    const news = { ...orders, name: "NEWS", subjects: ["news.>"] };
    const text = await twin.up(change({ streams: [orders, news] }));
    expect(text).toContain("2 as configured, 1 change, synced to disk");
    const { stream } = await twin.with(twin.service(), (client) =>
      client.publishToStream("news.first", "kept", { messageId: "kept" }),
    );
    expect(stream).toBe("NEWS");
    expect(pids(servers)).toEqual(Object.fromEntries(servers.map((server) => [server, before[server]])));
  });

  test("a stream that is taken away is reported and kept with its messages", async () => {
    const text = await twin.up(change({ streams: [orders] }));
    expect(text).toContain("1 no longer configured (natsform streams plan shows them)");
    expect(await project.run("streams", "plan", "changes")).toContain("NEWS");
    expect(await twin.read((client) => storedIds(client, "NEWS"))).toEqual(["kept"]);
    const again = await twin.up();
    expect(again).toContain("1 no longer configured");
  });

  test("a change that would lose messages is refused plainly, and nothing is changed", async () => {
    const configuration = () => twin.read(async (client) => (await streamInfo(client, "ORDERS")).config);
    await twin.with(twin.service(), (client) => client.publishToStream("orders.one", "one", { messageId: "one" }));
    const before = await configuration();
    const digests = await twin.digests();
    project.write({ ...environment, nats: { maxPayload: "3MiB" }, streams: [{ ...orders, storage: "memory" }] });
    const { code, stderr } = await project.natsform("up", "changes");
    // What is refused is refused before a server is told anything.
    expect(await twin.digests()).toEqual(digests);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("ORDERS") });
    expect(stderr).not.toContain("unexpectedly");
    expect(stderr).toContain("natsform streams plan changes");
    expect(await configuration()).toEqual(before);
    expect(await twin.up(environment)).toContain("1 as configured, 0 changes");
  });
});

describe("what no step leads to", () => {
  test.each<[string, () => EnvironmentInput, RegExp]>([
    [
      "another name of the cluster",
      () => ({ ...environment, clusters: { core: { ...core, natsName: "renamed" } } }),
      /clusters\.core\.natsName: servers of core call their cluster changes-core/,
    ],
    [
      "another JetStream domain, together with what could be reloaded",
      () => ({
        ...environment,
        nats: { maxPayload: "4MiB" },
        clusters: { core: { ...core, jetstream: { ...core.jetstream, domain: "other" } } },
      }),
      /clusters\.core\.jetstream\.domain: JetStream of core has the domain core/,
    ],
    [
      "another kind of accounts",
      () => ({ ...environment, identity: { mode: "operator", oidc, permissions, services: { api: app } } }),
      /identity\.mode: accounts of callout mode are other accounts in operator mode/,
    ],
  ])("%s is refused, nothing is touched, and the environment of before is up to date", async (_, changed, said) => {
    const before = { pids: twin.pids(), digests: await twin.digests() };
    project.write(changed());
    const { code, stderr } = await project.natsform("up", "changes");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(said) });
    expect(stderr).toContain("nothing was touched");
    expect({ pids: twin.pids(), digests: await twin.digests() }).toEqual(before);
    expect(await twin.up(environment)).toContain("Servers: 3 kept");
  });
});

test("a stream is added without a server that is told, or a client that has to come back", async () => {
  const user = twin.client({ kind: "token", token: await twin.token("erin") });
  await user.connection();
  const digests = await twin.digests();
  const more = { ...orders, name: "MORE", subjects: ["more.>"] };
  const text = await twin.up({ ...environment, streams: [orders, more] });
  expect(text).toContain("Servers: 3 kept");
  expect(text).toContain("2 as configured, 1 change");
  expect(await twin.digests()).toEqual(digests);
  expect(user.health()).toMatchObject({ connected: true, reconnects: 0 });
  await twin.up(environment);
});

test("a server that the others have cut off is restarted: what they lack is what is mended", async () => {
  const folder = twin.folder.server("core-0");
  const right = readFileSync(folder.conf, "utf8");
  const natsServer = findProgram("nats-server") as string;
  await twin.kill("core-0");
  // As a change by hand, or of an older natsform: another name of the cluster.
  writeFileSync(folder.conf, right.replace('name: "changes-core"', 'name: "elsewhere"'));
  writeFileSync(`${folder.conf}.restart`, "of another configuration");
  await startProcess(folder, { command: natsServer, args: ["-c", folder.conf], env: {} });
  await eventually("the others have lost it", async () => {
    const { routes } = await twin.ask<{ routes: { remote_name: string }[] }>("core-1", "/routez");
    return routes.every(({ remote_name }) => remote_name !== "core-0");
  });
  const text = await twin.up(environment);
  expect(text).toContain("1 restarted");
  expect(readFileSync(folder.conf, "utf8")).toBe(right);
  const { routes } = await twin.ask<{ routes: { remote_name: string }[] }>("core-1", "/routez");
  expect(routes.map(({ remote_name }) => remote_name)).toContain("core-0");
});

/** When servers last left and were back, in their own words: `2026/11/21 13:52:36.123456`, which sorts as text. */
function absences(): { from: string; until: string }[] {
  const found = servers.map((server) => {
    const log = readFileSync(twin.folder.server(server).log, "utf8");
    const last = (words: string) =>
      [...log.matchAll(new RegExp(`^\\[\\d+\\] (.*) \\[INF\\] ${words}`, "gm"))].at(-1)?.[1];
    return { from: last("Entering lame duck mode") ?? "never", until: last("Server is ready") ?? "never" };
  });
  return found.sort((a, b) => (a.from < b.from ? -1 : 1));
}

describe("what only a restart can change, and a rotation of keys with it", () => {
  let before: { pids: Record<string, number>; issuer: string; login: Authentication };
  let published: Published;
  let visits: Visits;
  let text: string;

  beforeAll(async () => {
    before = { pids: pids(servers), issuer: twin.seed("issuer"), login: twin.user("responder") };
    const client = twin.client(twin.service());
    const publisher = startPublisher(client, "orders.roll", "roll");
    try {
      visits = await whileClientsConnect(twin, async () => {
        expect(await project.run("keys", "rotate", "changes", "--twin")).toContain(
          "rotated: issuer, xkey, user-responder",
        );
        const durable = { ...core, jetstream: { ...core.jetstream, durability: "durable" as const } };
        text = await twin.up(change({ clusters: { core: durable }, identity: identity({ timeoutSeconds: 4 }) }));
        const reached = publisher.count();
        await eventually("acknowledgements after the roll", () => publisher.count() > reached + 50);
      });
    } finally {
      published = await publisher.stop();
      await client.close();
    }
  });

  test("is rolled, one server at a time", async () => {
    expect(text).toContain("Servers: 3 restarted");
    for (const server of servers) expect(twin.pid(server)).not.toBe(before.pids[server]);
    const moments = absences().flatMap(({ from, until }) => [from, until]);
    expect(moments).toEqual([...moments].sort());
    expect(moments.filter((moment) => !/^\d{4}\/\d\d\/\d\d /.test(moment))).toEqual([]);
    expect(await twin.each(async (server) => (await twin.varz(server)).jetstream?.config?.sync_always)).toEqual(
      Object.fromEntries(servers.map((server) => [server, true])),
    );
    expect(await twin.each(async (server) => (await twin.varz(server)).auth_timeout)).toEqual(
      Object.fromEntries(servers.map((server) => [server, 4])),
    );
  });

  test("loses nothing that was acknowledged", async () => {
    const all = await twin.read((client) => storedIds(client, "ORDERS"));
    const stored = all.filter((id) => id.startsWith("roll-"));
    expect(compare(stored, published)).toEqual({ lost: [], twice: [] });
    expect(published.failed).toEqual([]);
    // How many depends on the machine; that there were some before and after is waited for above.
    expect(published.acknowledged.size).toBeGreaterThan(50);
    console.info(`roll by up: ${figures(published)}`);
  });

  test("refuses no client", () => {
    console.info(
      `rotation: ${visits.admitted} logins admitted while servers rolled, the longest took ${visits.longestMs} ms`,
    );
    expect(visits.refused).toEqual({});
    expect(visits.admitted).toBeGreaterThan(20);
    expect([twin.seed("issuer") === before.issuer, twin.seed("issuer-previous") === before.issuer]).toEqual([
      false,
      true,
    ]);
  });

  test("is finished before the next rotation begins, again without a refusal: then the old login is refused", async () => {
    const again = await project.natsform("keys", "rotate", "changes", "--twin");
    expect({ code: again.code, stderr: again.stderr }).toEqual({
      code: 1,
      stderr: expect.stringContaining("the rotation of issuer is not finished"),
    });
    const connects = (login: Authentication) => twin.with(login, (client) => client.connection());
    for (const login of [before.login, twin.user("responder")]) await connects(login);
    const finish = await whileClientsConnect(twin, async () => {
      expect(await project.run("keys", "rotate", "changes", "--twin", "--finish")).toContain(
        "dropped: issuer, xkey, user-responder",
      );
      // Who may log in without the callout cannot be reloaded.
      expect(await twin.up()).toContain("Servers: 3 restarted");
    });
    expect(finish.refused).toEqual({});
    expect(finish.admitted).toBeGreaterThan(5);
    await connects(twin.user("responder"));
    await expect(connects(before.login)).rejects.toThrow(/authorization violation/i);
    expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
  });
});
