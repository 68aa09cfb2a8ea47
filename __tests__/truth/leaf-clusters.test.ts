import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "nats";
import type { EnvironmentInput } from "../../model/config";
import type { Authentication } from "../../runtime/client";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { end } from "../support/callout-nats-server";
import { eventually } from "../support/eventually";
import { freePorts } from "../support/ports";
import { findProgram } from "../support/programs";
import { TestProject } from "../support/project";
import { app, oidc, permissions } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

type Mode = "callout" | "operator";

/** A hub on Kubernetes, a leaf cluster on ECS, and a leaf that natsform does not deploy. */
const environment = (name: string, mode: Mode): EnvironmentInput => ({
  name,
  identity: { mode, oidc, permissions, services: { api: app }, responders: 1 },
  accounts: { APP: {}, OTHER: {} },
  clusters: {
    hub: {
      platform: { kind: "kubernetes", flavor: "gke" },
      size: 1,
      leafHub: true,
      leafAddress: "leaf.example.com",
      foreignLeafs: { branch: { accounts: ["APP"] } },
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
  const server = spawn(findProgram("nats-server") as string, ["-c", join(files, "nats.conf")], { stdio: "pipe" });
  let log = "";
  server.stderr.on("data", (text: Buffer) => {
    log += text;
  });
  stops.push(() => end(server, "SIGKILL"));
  await eventually("the server answers", async () => {
    if (server.exitCode !== null) throw new Error(log);
    return (await fetch(`http://127.0.0.1:${monitoring}/healthz`)).ok;
  });
  return {
    port: port as number,
    log: () => log,
    leafs: async () => {
      const answer = await fetch(`http://127.0.0.1:${monitoring}/leafz`);
      return ((await answer.json()) as { leafnodes: number }).leafnodes;
    },
  };
}

describe.each<Mode>(["callout", "operator"])("in %s mode", (mode) => {
  const name = `leafs-${mode}`;
  const twin = new TestTwin(project, name);
  const written = (out: string, ...more: string[]) =>
    project.run("leaf-credentials", name, "branch", "--twin", "--out", join(folder, mode, out), ...more);
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
      const server = spawn(findProgram("nats-server") as string, ["-c", conf], { stdio: "pipe" });
      let log = "";
      server.stderr.on("data", (text: Buffer) => {
        log += text;
      });
      try {
        await eventually("the hub refuses", async () => {
          if (server.exitCode !== null) throw new Error(log);
          return refusal.test(log);
        }).catch((error: unknown) => {
          const edge = readFileSync(twin.folder.server("edge-0").log, "utf8").split("\n").slice(-10).join("\n");
          throw new Error(`${error}\nhub-0: ${log.slice(-2000)}\nedge-0: ${edge}`);
        });
        const { leafs } = await twin.ask<{ leafs: unknown[] }>("hub-0", "/leafz");
        expect(leafs).toEqual([]);
      } finally {
        await end(server, "SIGKILL");
      }
    } finally {
      writeFileSync(file, both);
    }
    await twin.up();
    expect((await twin.verify()).rows.filter(({ ok }) => !ok)).toEqual([]);
  });

  test("a foreign server is linked with what the command wrote, and messages cross both ways", async () => {
    const said = await written("right");
    expect(said).not.toMatch(/S[UA][A-Z2-7]{50,}|PRIVATE KEY/);
    const files = join(folder, mode, "right");
    for (const file of readdirSync(files))
      expect([file, statSync(join(files, file)).mode & 0o777]).toEqual([file, 0o600]);
    const server = await foreignServer(files);
    await eventually("the link is up", async () => (await server.leafs()) === 1, 120);

    const hub = await twin.client(service(), { cluster: "hub" }).connection();
    const branch = await connect({ servers: `127.0.0.1:${server.port}` });
    try {
      const [atHub, atBranch] = [hub.subscribe("orders.>"), branch.subscribe("news.>")];
      await Promise.all([hub.flush(), branch.flush()]);
      // Interest travels on its own: asked for again until the other end has it.
      await eventually("messages cross", async () => {
        branch.publish("orders.branch", "from the branch");
        hub.publish("news.hub", "from the hub");
        await Promise.all([hub.flush(), branch.flush()]);
        return atHub.getReceived() > 0 && atBranch.getReceived() > 0;
      });
    } finally {
      await branch.close();
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
    const [one, other] = await Promise.all([foreignServer(certificate), foreignServer(login)]);
    await eventually("the hub refuses the certificate", async () => refusal.test(hubLog().slice(before)), 120);
    await eventually("the hub refuses the login", async () => /Authorization Violation/i.test(other.log()), 120);
    expect(await Promise.all([one.leafs(), other.leafs()])).toEqual([0, 0]);
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
