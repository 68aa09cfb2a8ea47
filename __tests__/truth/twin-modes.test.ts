import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { createUser } from "nkeys.js";
import { startProcess } from "../../cli/core/processes";
import type { EnvironmentInput } from "../../model/config";
import type { Authentication, NatsClient } from "../../runtime/client";
import type { Healthz } from "../../runtime/client/monitoring";
import { seedOf } from "../support/callout-keys";
import { eventually } from "../support/eventually";
import { findProgram } from "../support/programs";
import { TestProject } from "../support/project";
import { app, core, oidc, orders, permissions, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";
import { whileClientsConnect } from "../support/twin-visitors";

const project = new TestProject();
const twins: TestTwin[] = [];
const newTwin = (name: string) => {
  const twin = new TestTwin(project, name);
  twins.push(twin);
  return twin;
};
afterAll(async () => {
  for (const twin of twins) await twin.close();
  await project.remove();
});

interface Info {
  account: string;
  user: string;
}
const whoIs = (client: NatsClient) =>
  client.request("$SYS.REQ.USER.INFO").then((answer) => answer.json<{ data: Info }>().data);

const failed = async (twin: TestTwin) => (await twin.verify()).rows.filter(({ ok }) => !ok);

const operator = (sentinel: "server" | "client"): EnvironmentInput["identity"] => ({
  mode: "operator",
  sentinel,
  oidc,
  permissions,
  services: { api: app },
});

/** One durable server on a volume: what lint takes for a cluster that is small on purpose. */
const single = (domain: string): EnvironmentInput["clusters"][string] => ({
  platform: { kind: "aws-ec2", region: "eu-west-1", domain, access: "vpc" },
  size: 1,
  jetstream: { memory: "64MiB", file: "1GiB", durability: "durable" },
});

describe("operator mode, with the sentinel on the servers", () => {
  const twin = newTwin("operated");
  const trust = () => twin.trust();

  beforeAll(() => twin.up(threeServers("operated", { identity: operator("server") })));
  afterAll(() => project.run("down", "operated", "--now"));

  test("is proven by verify", async () => {
    expect(await failed(twin)).toEqual([]);
  });

  test("lets in a token alone and an nkey alone, each into its account", async () => {
    const token = await twin.token("alice");
    for (const [authentication, user] of [
      [{ kind: "token", token }, "user:alice"],
      [twin.service(), "api"],
    ] as [Authentication, string][]) {
      const info = await twin.with(authentication, whoIs);
      expect(info).toMatchObject({ account: trust().accounts.APP?.publicKey, user });
    }
    await expect(twin.with({ kind: "none" }, whoIs)).rejects.toThrow(/authorization violation/i);
    await expect(twin.with({ kind: "token", token: `${token}x` }, whoIs)).rejects.toThrow(/authorization violation/i);
  });

  test("stores what a service publishes, and gives a service that is added its nkey without a restart", async () => {
    const ack = await twin.with(twin.service(), (client) =>
      client.publishToStream("orders.operated", "one", { messageId: "one" }),
    );
    expect(ack.stream).toBe("ORDERS");
    const before = twin.pids();
    const identity = { ...operator("server"), services: { api: app, reports: app } } as EnvironmentInput["identity"];
    expect(await twin.up(threeServers("operated", { identity }))).toContain("Servers: 3 kept");
    expect(await twin.with(twin.service("reports"), whoIs)).toMatchObject({ user: "reports" });
    for (const server of twin.servers()) expect(twin.pid(server)).toBe(before[server]);
  });

  test("takes a new account over by a reload, and lets in who is meant for it", async () => {
    const identity = {
      ...operator("server"),
      services: { api: app, second: { ...app, account: "OTHER" } },
    } as EnvironmentInput["identity"];
    const text = await twin.up(threeServers("operated", { identity, accounts: { APP: {}, OTHER: {} } }));
    expect(text).toContain("Servers: 3 reloaded");
    expect(await twin.with(twin.service("second"), whoIs)).toMatchObject({
      account: trust().accounts.OTHER?.publicKey,
    });
    expect(await failed(twin)).toEqual([]);
  });

  test("rotates the keys of the callout without a restart, and refuses nobody meanwhile", async () => {
    const before = { signing: trust().accounts.APP?.signingKey, servers: twin.servers().map((name) => twin.pid(name)) };
    const responder = (): Authentication => ({
      kind: "creds",
      creds: readFileSync(twin.folder.credentials("responder.creds"), "utf8"),
    });
    const old = responder();
    const connects = (login: Authentication) => twin.with(login, (client) => client.connection());
    const visits = await whileClientsConnect(twin, async () => {
      await project.run("keys", "rotate", "operated", "--twin");
      expect(await twin.up()).toContain("Servers: 3 reloaded");
    });
    expect(trust().accounts.APP?.signingKey).not.toBe(before.signing);
    expect(await failed(twin)).toEqual([]);
    for (const login of [old, responder()]) await connects(login);
    const finish = await whileClientsConnect(twin, async () => {
      await project.run("keys", "rotate", "operated", "--twin", "--finish");
      // One by one, and before servers forget the login with which they came in.
      expect(await twin.up()).toMatch(
        /auth-callout-core-0: restarted[\s\S]*core-1: restarted[\s\S]*Servers: 3 reloaded/,
      );
    });
    console.info(
      `operator mode, rotation: ${visits.admitted} and ${finish.admitted} logins admitted, the longest took ${visits.longestMs} and ${finish.longestMs} ms`,
    );
    expect([visits.refused, finish.refused]).toEqual([{}, {}]);
    expect(visits.admitted).toBeGreaterThan(5);
    expect(twin.servers().map((name) => twin.pid(name))).toEqual(before.servers);
    expect(await failed(twin)).toEqual([]);
    await connects(responder());
    await expect(connects(old)).rejects.toThrow(/authorization violation/i);
  });

  test("has a row of verify that fails while a server holds streams of an account that no trust file knows", async () => {
    const lost = join(twin.folder.server("core-1").store, "jetstream", `A${"B".repeat(55)}`);
    mkdirSync(join(lost, "streams", "LOST"), { recursive: true });
    try {
      expect(await failed(twin)).toEqual([
        expect.objectContaining({
          what: "core: accounts with data are known",
          seen: `A${"B".repeat(55)} is not in the trust file and holds LOST on core-1`,
        }),
      ]);
    } finally {
      rmSync(lost, { recursive: true });
    }
  });

  test("has a row of verify that fails while a server goes on with an older account JWT", async () => {
    const own = readFileSync(twin.folder.trust, "utf8");
    await project.run("keys", "rotate", "operated", "--twin");
    expect((await failed(twin)).map(({ what }) => what)).toContain("core: accounts as signed");
    await twin.up();
    await project.run("keys", "rotate", "operated", "--twin", "--finish");
    await twin.up();
    expect(readFileSync(twin.folder.trust, "utf8")).not.toBe(own);
    expect(await failed(twin)).toEqual([]);
  });
});

/** What the leaf's side sends, hears, uses of the hub's streams and answers. */
const leafLink = {
  publish: { allow: ["news.>", "ask.hub"] },
  subscribe: { allow: ["news.>", "ask.edge"] },
  uses: { streams: ["ORDERS"] },
  allowResponses: true,
};

/** A hub of three servers and a cluster of one that is its leaf node. */
const leafEnvironment = (name: string, identity: EnvironmentInput["identity"]): EnvironmentInput =>
  threeServers(name, {
    identity: { ...identity, services: { api: { ...app, uses: { streams: ["ORDERS"] } } } },
    clusters: {
      core: { ...core, platform: { ...core.platform, access: "vpc" }, leafHub: true },
      edge: { ...single("edge.tests.example.com"), leafOf: { cluster: "core", links: { APP: leafLink } } },
    },
    streams: [orders, { name: "EDGE", cluster: "edge", subjects: ["edge.>"], replicas: 1, maxAge: "1d" }],
  });

describe.each([
  ["callout", { mode: "callout", oidc, permissions, services: { api: app } }, "none"],
  ["operator", operator("client"), "sentinel"],
] as [string, EnvironmentInput["identity"], string][])("a leaf node in %s mode", (mode, identity, kind) => {
  const name = `leaf-${mode}`;
  const twin = newTwin(name);
  const sentinel = () => (kind === "sentinel" ? twin.trust().sentinel : undefined);
  const client = (cluster: string, inboxPrefix?: string) =>
    twin.client({ ...twin.service(), sentinel: sentinel() } as Authentication, { cluster, inboxPrefix });
  /** Behind the leaf, with the inboxes that its link carries. */
  const overLink = () => client("edge", `_INBOX_edge._${twin.trust().users["service-api"]}`);

  beforeAll(() => twin.up(leafEnvironment(name, identity)));
  afterAll(async () => {
    await twin.close();
    await project.run("down", name, "--now");
  });

  test("is proven by verify, its link included", async () => {
    const { rows, code } = await twin.verify();
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(code).toBe(0);
    expect(rows.filter(({ what }) => /leaf nodes$/.test(what)).map(({ what }) => what)).toEqual(["edge-0: leaf nodes"]);
    expect(rows.filter(({ what }) => /leafnodes: leafnodes certificate/.test(what))).toHaveLength(3);
  });

  test("carries messages of its account both ways, and requests with their answers", async () => {
    const [hub, edge] = [client("core"), client("edge")];
    const received: string[] = [];
    for (const [place, one] of [
      ["hub", hub],
      ["edge", edge],
    ] as const) {
      const connection = await one.connection();
      connection.subscribe("news.>", { callback: (_, message) => void received.push(`${place}: ${message.string()}`) });
      connection.subscribe(`ask.${place}`, { callback: (_, message) => void message.respond(`${place} answers`) });
      await connection.flush();
    }
    // Interest travels on its own: published until both ends have both.
    const desired = ["hub: from edge", "edge: from hub"];
    await eventually("news at the other end", async () => {
      await edge.publish("news.edge", "from edge");
      await hub.publish("news.hub", "from hub");
      return desired.every((one) => received.includes(one));
    });
    await edge.publish("news.edge", "once");
    await edge.publish("news.edge", "last");
    await eventually("the last message at both ends", () =>
      ["hub", "edge"].every((at) => received.includes(`${at}: last`)),
    );
    expect(received.filter((one) => one.endsWith(": once")).sort()).toEqual(["edge: once", "hub: once"]);
    expect((await overLink().request("ask.hub")).string()).toBe("hub answers");
    await expect(edge.request("ask.hub", "", { timeoutMs: 2000 })).rejects.toThrow(/timeout/i);
    expect((await hub.request("ask.edge")).string()).toBe("edge answers");
  });

  test("keeps the JetStream domains apart: the leaf reads by name what it uses, and the hub nothing of the leaf's", async () => {
    const manager = async (one: NatsClient, domain?: string) => {
      const options = { checkAPI: false, timeout: 3000, ...(domain ? { domain } : {}) };
      return jetstreamManager(await one.connection(), options);
    };
    const names = async (cluster: string) =>
      (await (await manager(client(cluster))).streams.names().next()).map(String);
    expect([await names("core"), await names("edge")]).toEqual([["ORDERS"], ["EDGE"]]);
    await eventually("the hub's stream is read", async () => {
      const { config } = await (await manager(overLink(), "core")).streams.info("ORDERS");
      return config.name === "ORDERS";
    });
    const fromHub = await manager(client("core"), "edge");
    await expect(fromHub.streams.names().next()).rejects.toThrow(/timeout|jetstream is not enabled/);
  });

  test("comes back after its server or its hub was away", async () => {
    await twin.kill("edge-0");
    expect((await twin.status()).code).toBe(1);
    await twin.up();
    const { rows } = await twin.verify();
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("has a row of verify that fails when the link is gone", async () => {
    const seeds = kind === "sentinel" ? "leaf-edge-APP.creds" : "leaf-edge-APP.conf";
    const path = twin.folder.credentials(seeds);
    const own = readFileSync(path, "utf8");
    const foreign =
      kind === "sentinel"
        ? readFileSync(twin.folder.credentials("sys.creds"), "utf8")
        : `nkey: "${seedOf(createUser())}"\n`;
    writeFileSync(path, foreign);
    await twin.kill("edge-0");
    // As it is started by somebody who does not know: `up` itself would put the file right.
    const natsServer = findProgram("nats-server") as string;
    await startProcess(twin.folder.server("edge-0"), {
      command: natsServer,
      args: ["-c", twin.folder.server("edge-0").conf],
      env: {},
    });
    await eventually("a healthy edge-0", () =>
      twin.ask<Healthz>("edge-0", "/healthz").then(
        ({ status }) => status === "ok",
        () => false,
      ),
    );
    expect((await failed(twin)).map(({ what }) => what)).toContain("edge-0: leaf nodes");
    await twin.kill("edge-0");
    await twin.up();
    expect(readFileSync(path, "utf8")).toBe(own);
    expect(await failed(twin)).toEqual([]);
  });
});
