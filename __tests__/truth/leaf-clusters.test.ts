import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology, clusterOf, type LeafLink } from "../../model/topology";
import type { Authentication } from "../../runtime/client";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { type ConfObject, leafRemote, printConf } from "../../templates/nats-conf";
import { eventually } from "../support/eventually";
import { freePorts } from "../support/ports";
import { findProgram } from "../support/programs";
import { TestProject } from "../support/project";
import { startProgram } from "../support/start-program";
import { app, oidc, permissions } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

type Mode = "callout" | "operator";

/** The branch sends orders, asks the hub's services, hears news and does jobs. */
const branchLink = {
  publish: { allow: ["orders.branch.>", "ask.>"] },
  subscribe: { allow: ["news.>", "jobs.>"] },
  allowResponses: true,
};
/** Answers what is asked below `ask`, and asks for jobs itself. */
const answering = {
  account: "APP",
  publish: { allow: ["jobs.>"] },
  subscribe: { allow: ["ask.>"] },
  allowResponses: true,
};

/** A hub on Kubernetes, a leaf cluster on ECS, and a leaf that natsform does not deploy. */
const environment = (name: string, mode: Mode): EnvironmentInput => ({
  name,
  identity: { mode, oidc, permissions, services: { api: app, desk: answering }, responders: 1 },
  accounts: { APP: {}, OTHER: {} },
  clusters: {
    hub: {
      platform: { kind: "kubernetes", flavor: "gke" },
      size: 1,
      leafHub: true,
      leafAddress: "leaf.example.com",
      foreignLeafs: {
        branch: { accounts: ["APP"], links: { APP: branchLink }, certificate: "own" },
        other: { accounts: ["APP"], links: { APP: branchLink }, certificate: "own" },
      },
      jetstream: { memory: "64MiB", file: "1GiB", durability: "durable" },
    },
    edge: {
      platform: { kind: "aws-ecs", region: "eu-west-1", domain: "edge.example.com", access: "vpc" },
      size: 1,
      leafOf: { cluster: "hub" },
    },
  },
  acknowledge: ["leaf-hub-unreachable"].map((rule) => ({
    rule,
    reason: "the test's clusters are processes of one machine",
    expires: "2099-01-01",
  })),
});

const project = new TestProject();
const folder = mkdtempSync(join(tmpdir(), "natsform-leaf-"));
const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
  rmSync(folder, { recursive: true, force: true });
  await project.remove();
});

/** A client that has no certificate of an authority that the server names shows none. */
const refusal = /TLS leafnode handshake error: .*(unknown authority|didn't provide a certificate)/;

/** A nats-server with what the command wrote, and nothing else that it knows of the hub. */
async function foreignServer(files: string): Promise<{ port: number; log(): string; leafs(): Promise<number> }> {
  const [port, monitoring] = await freePorts(2);
  writeFileSync(
    join(files, "nats.conf"),
    `listen: "127.0.0.1:${port}"\nhttp: "127.0.0.1:${monitoring}"\ninclude "leaf.conf"\n`,
  );
  const conf = join(files, "nats.conf");
  const server = startProgram(findProgram("nats-server") as string, ["-c", conf], process.env);
  stops.push(async () => void (await server.end("SIGKILL")));
  await server.until("the server answers", async () => (await fetch(`http://127.0.0.1:${monitoring}/healthz`)).ok);
  return {
    port: port as number,
    log: server.log,
    leafs: async () => {
      const answer = await fetch(`http://127.0.0.1:${monitoring}/leafz`);
      return ((await answer.json()) as { leafnodes: number }).leafnodes;
    },
  };
}

/** Subjects that a connection hears. */
function heard(connection: NatsConnection, ...subjects: string[]): Set<string> {
  const seen = new Set<string>();
  for (const subject of subjects)
    connection.subscribe(subject, { callback: (_, message) => void seen.add(message.subject) });
  return seen;
}

const answer = (connection: NatsConnection, subject: string, text: string) =>
  connection.subscribe(subject, { callback: (_, message) => void message.respond(text) });

describe.each<Mode>(["callout", "operator"])("in %s mode", (mode) => {
  const name = `leafs-${mode}`;
  const twin = new TestTwin(project, name);
  const written = (out: string, leaf = "branch") =>
    project.run("leaf-credentials", name, leaf, "--twin", "--out", join(folder, mode, out));
  const service = (): Authentication => twin.service();

  beforeAll(() => twin.up(environment(name, mode)));
  afterAll(async () => {
    await twin.close();
    await project.run("down", name, "--now");
  });

  test("a leaf cluster on another platform is linked, each side verified by the other's authority", async () => {
    const { rows } = await twin.verify();
    expect(rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(rows.map(({ what }) => what)).toContain("edge-0: leaf nodes");
    const trusted = (cluster: string) => readFileSync(twin.folder.trusted("leafnodes", cluster), "utf8");
    const own = (cluster: string) => readFileSync(twin.folder.authority("leafnodes", cluster).cert, "utf8").trim();
    expect(own("hub")).not.toBe(own("edge"));
    for (const cluster of ["hub", "edge"]) {
      expect(trusted(cluster)).toContain(own("hub"));
      expect(trusted(cluster)).toContain(own("edge"));
    }
    // The hub loads no other authority than the one it is told of: the link is really encrypted and mutual.
    const { leafs } = await twin.ask<{ leafs: { account: string }[] }>("hub-0", "/leafz");
    expect(leafs).toHaveLength(1);
  });

  test("a hub that does not know the leaf's authority refuses it", async () => {
    const file = twin.folder.trusted("leafnodes", "hub");
    const both = readFileSync(file, "utf8");
    writeFileSync(file, readFileSync(twin.folder.authority("leafnodes", "hub").cert, "utf8"));
    await twin.kill("hub-0");
    try {
      const conf = twin.folder.server("hub-0").conf;
      const server = startProgram(findProgram("nats-server") as string, ["-c", conf], process.env);
      try {
        await server
          .until("the hub refuses", () => refusal.test(server.log()))
          .catch((error: unknown) => {
            const edge = readFileSync(twin.folder.server("edge-0").log, "utf8").split("\n").slice(-10).join("\n");
            throw new Error(`${error}\nedge-0: ${edge}`);
          });
        const { leafs } = await twin.ask<{ leafs: unknown[] }>("hub-0", "/leafz");
        expect(leafs).toEqual([]);
      } finally {
        await server.end("SIGKILL");
      }
    } finally {
      writeFileSync(file, both);
    }
    await twin.up();
    expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("a foreign server is linked with what the command wrote, and its link carries what it may and nothing else", async () => {
    const said = await written("right");
    expect(said).not.toMatch(/S[UA][A-Z2-7]{50,}|PRIVATE KEY/);
    expect(said).toContain("_INBOX_branch");
    const files = join(folder, mode, "right");
    for (const file of readdirSync(files))
      expect([file, statSync(join(files, file)).mode & 0o777]).toEqual([file, 0o600]);
    const server = await foreignServer(files);
    await eventually("the link is up", async () => (await server.leafs()) === 1, 120);

    const hub = await twin.client(service(), { cluster: "hub" }).connection();
    const desk = await twin.client(twin.service("desk"), { cluster: "hub" }).connection();
    const branch = await connect({ servers: `127.0.0.1:${server.port}` });
    const asking = await connect({ servers: `127.0.0.1:${server.port}`, inboxPrefix: "_INBOX_branch" });
    try {
      const [atHub, atBranch] = [heard(hub, "orders.>", "news.>", "edge.>"), heard(branch, ">")];
      answer(desk, "ask.desk", "from the desk");
      answer(branch, "jobs.branch", "done");
      await Promise.all([hub.flush(), desk.flush(), branch.flush()]);
      // Interest travels on its own: asked for again until the other end has it.
      await eventually("messages cross", async () => {
        branch.publish("orders.branch.1");
        hub.publish("news.1");
        await Promise.all([hub.flush(), branch.flush()]);
        return atHub.has("orders.branch.1") && atBranch.has("news.1");
      });
      // Those behind the leaf, on what the link may not carry; what comes after on what it may is the end of waiting.
      for (const subject of ["orders.other", "news.forged", "edge.1", "$JS.hub.API.STREAM.PURGE.X", "_INBOX.alice.1"])
        branch.publish(subject);
      branch.publish("orders.branch.last");
      // The hub's, on what is not for the branch: what it is not told, and inboxes, which nobody behind it may hear.
      const own = `_INBOX._${twin.trust().users["service-api"]}`;
      for (const subject of ["orders.secret", `${own}.private`]) hub.publish(subject);
      hub.publish("news.last");
      await eventually("the last cross", async () => atHub.has("orders.branch.last") && atBranch.has("news.last"));
      const fromHub = ["news.1", "news.last", "orders.secret"];
      expect([...atHub].filter((subject) => !fromHub.includes(subject))).toEqual([
        "orders.branch.1",
        "orders.branch.last",
      ]);
      expect([...atBranch].filter((subject) => [...fromHub, `${own}.private`].includes(subject))).toEqual([
        "news.1",
        "news.last",
      ]);

      // It asks a service of the hub, in the inboxes of its link; answers to other inboxes go nowhere.
      expect((await asking.request("ask.desk", "", { timeout: 20_000 })).string()).toBe("from the desk");
      await expect(branch.request("ask.desk", "", { timeout: 2000 })).rejects.toThrow("timeout");
      // It answers who may ask it.
      expect((await desk.request("jobs.branch", "", { timeout: 20_000 })).string()).toBe("done");
    } finally {
      await Promise.all([branch.close(), asking.close()]);
    }
  });

  test("a foreign server with a certificate of another authority, or another login, is refused", async () => {
    await written("certificate");
    await written("login");
    const [certificate, login] = ["certificate", "login"].map((one) => join(folder, mode, one)) as [string, string];
    const authority = await createAuthority("somebody", 86_400_000, new Date());
    const wrong = await issueCertificate(authority, {
      names: { dns: ["branch"] },
      usages: ["client"],
      ttlMs: 3_600_000,
      now: new Date(),
    });
    writeFileSync(join(certificate, "client.crt"), wrong.cert);
    writeFileSync(join(certificate, "client.key"), wrong.key);
    // A user that exists, in an account that the leaf is not for: its seed alone opens nothing as this user.
    const secret = mode === "operator" ? "leaf-branch-APP.creds" : "leaf-branch-APP.conf";
    const right = readFileSync(join(login, secret), "utf8");
    const stranger = twin.seed("user-service-api");
    writeFileSync(
      join(login, secret),
      mode === "operator" ? right.replace(/SU[A-Z2-7]{56}/, stranger) : `nkey: "${stranger}"\n`,
    );
    const hubLog = () => readFileSync(twin.folder.server("hub-0").log, "utf8");
    const before = hubLog().length;
    // Another partner's certificate is as good as any to the handshake, and not with this login.
    const [mixed, others] = ["mixed", "others"].map((out) => join(folder, mode, out)) as [string, string];
    await written("mixed");
    await written("others", "other");
    for (const file of ["client.crt", "client.key"])
      writeFileSync(join(mixed, file), readFileSync(join(others, file)), { mode: 0o600 });
    const [one, other, third] = await Promise.all([certificate, login, mixed].map(foreignServer));
    await eventually("the hub refuses the certificate", async () => refusal.test(hubLog().slice(before)), 120);
    for (const refused of [other, third])
      await eventually(
        "the hub refuses the login",
        async () => /Authorization Violation/i.test(refused?.log() ?? ""),
        120,
      );
    expect(await Promise.all([one, other, third].map((server) => server?.leafs()))).toEqual([0, 0, 0]);
  });

  test("secrets are printed when they are asked for, and otherwise where they are kept", async () => {
    const json = JSON.parse(await project.run("leaf-credentials", name, "branch", "--twin", "--json"));
    expect(json).toMatchObject({
      leaf: "branch",
      hub: "hub",
      jetstreamDomain: "hub",
      users: [{ account: "APP", user: "leaf-branch-APP" }],
    });
    expect(JSON.stringify(json)).not.toMatch(/SU[A-Z2-7]{56}/);
    const args = ["leaf-credentials", name, "branch", "--twin", "--print-secrets"];
    expect(await project.run(...args)).toContain(twin.seed("user-leaf-branch-APP"));
    expect(JSON.parse(await project.run(...args, "--json")).users[0].content).toContain(
      twin.seed("user-leaf-branch-APP"),
    );
  });
});

test("a hub that lets everything cross reaches neither the inboxes nor the JetStream of a leaf", async () => {
  const [leafs] = await freePorts(1);
  const start = async (name: string, conf: ConfObject) => {
    const files = join(folder, name);
    mkdirSync(files);
    writeFileSync(join(files, "leaf.conf"), printConf(conf));
    return foreignServer(files);
  };
  const hub = await start("open-hub", { leafnodes: { listen: `127.0.0.1:${leafs}` } });
  const { environment: hubAndEdge } = parseEnvironment(environment("leafs", "callout"));
  if (!hubAndEdge) throw new Error("the environment has problems");
  const link = clusterOf(buildTopology(hubAndEdge), "edge").leafLinks[0] as LeafLink;
  const none = () => "none";
  const { deny_imports, deny_exports } = leafRemote({
    mode: "callout",
    link,
    urls: [],
    account: undefined,
    files: { certificate: { cert: "", key: "" }, ca: "", credentials: none, seedInclude: none },
  });
  const edge = await start("open-edge", {
    leafnodes: { remotes: [{ urls: [`nats://127.0.0.1:${leafs}`], deny_imports, deny_exports }] },
  });
  await eventually("the link is up", async () => (await edge.leafs()) === 1);
  const [atHub, atEdge] = await Promise.all([hub, edge].map(({ port }) => connect({ servers: `127.0.0.1:${port}` })));
  if (!atHub || !atEdge) throw new Error("no connections");
  try {
    const [hubHears, edgeHears] = [heard(atHub, ">"), heard(atEdge, ">")];
    await Promise.all([atHub.flush(), atEdge.flush()]);
    await eventually("messages cross", async () => {
      atHub.publish("news.1");
      atEdge.publish("orders.1");
      return hubHears.has("orders.1") && edgeHears.has("news.1");
    });
    for (const subject of ["_INBOX.alice", "$JS.API.STREAM.PURGE", "$JS.edge.API.STREAM.PURGE", "$KV.B"]) {
      atHub.publish(`${subject}.hub`);
      atEdge.publish(`${subject}.edge`);
    }
    atHub.publish("news.last");
    atEdge.publish("orders.last");
    await eventually("the last cross", async () => hubHears.has("orders.last") && edgeHears.has("news.last"));
    const crossed = (seen: Set<string>, from: string) => [...seen].filter((subject) => subject.endsWith(from));
    expect([crossed(hubHears, ".edge"), crossed(edgeHears, ".hub")]).toEqual([[], []]);
  } finally {
    await Promise.all([atHub.close(), atEdge.close()]);
  }
});

describe("two foreign leafs", () => {
  const name = "leafs-apart";
  const twin = new TestTwin(project, name);
  const link = (publish: string[], subscribe: string[], more = {}) => ({
    links: { APP: { publish: { allow: publish }, subscribe: { allow: subscribe }, ...more } },
  });
  beforeAll(() =>
    twin.up({
      name,
      identity: { mode: "callout", oidc, permissions, services: {}, responders: 1 },
      clusters: {
        hub: {
          platform: { kind: "kubernetes", flavor: "gke" },
          size: 3,
          leafHub: true,
          leafAddress: "leaf.example.com",
          foreignLeafs: {
            asker: link(["jobs.open.>", "jobs.closed.>"], []),
            worker: link([], ["jobs.open.>"], { allowResponses: true }),
          },
        },
      },
    }),
  );
  afterAll(async () => {
    await twin.close();
    await project.run("down", name, "--now");
  });

  test.each([
    ["one server", 0, 0],
    ["two servers", 1, 2],
  ])("reach each other as their links say, on %s of the hub", async (_, first, second) => {
    const linked = async (leaf: string, ordinal: number) => {
      const files = join(folder, `${leaf}-${ordinal}`);
      await project.run("leaf-credentials", name, leaf, "--twin", "--out", files);
      const path = join(files, "leaf.conf");
      const urls = readFileSync(path, "utf8").match(/"tls:[^"]+"/g) ?? [];
      expect(urls).toHaveLength(3);
      const others = urls.filter((_, i) => i !== ordinal);
      const one = others.reduce((text, url) => text.replace(url, urls[ordinal] ?? ""), readFileSync(path, "utf8"));
      writeFileSync(path, one);
      const server = await foreignServer(files);
      await eventually("the link is up", async () => (await server.leafs()) === 1, 120);
      return connect({ servers: `127.0.0.1:${server.port}`, inboxPrefix: `_INBOX_${leaf}` });
    };
    const [asker, worker] = await Promise.all([linked("asker", first), linked("worker", second)]);
    try {
      const atWorker = heard(worker, ">");
      answer(worker, "jobs.open.*", "done");
      answer(worker, "jobs.closed.*", "never");
      await eventually(
        "the worker is asked",
        async () => (await asker.request("jobs.open.1", "", { timeout: 2000 })).string() === "done",
        120,
      );
      await expect(asker.request("jobs.closed.1", "", { timeout: 2000 })).rejects.toThrow(/timeout|no responders/);
      expect([...atWorker].filter((subject) => subject.startsWith("jobs."))).toEqual(["jobs.open.1"]);
    } finally {
      await Promise.all([asker.close(), worker.close()]);
    }
  });
});
