import { rmSync } from "node:fs";
import { liveClusters } from "../../cli/report/live-servers";
import type { ChangePlan } from "../../model/change";
import { STREAMS_INBOX } from "../../runtime/streams/contract";
import { eventually } from "../support/eventually";
import { jsonOf, TestProject } from "../support/project";
import { app, core, oneServer, orders } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

const project = new TestProject();
const twin = new TestTwin(project, "planned");
const environment = oneServer("planned");
const narrowed = {
  ...environment,
  identity: { ...environment.identity, services: { api: { ...app, publish: { allow: ["news.>"] } } } },
} as typeof environment;

beforeAll(() => twin.up(environment));
afterAll(async () => {
  await twin.close();
  await project.remove();
});

const plan = async () => {
  const result = await project.natsform("up", "planned", "--plan", "--json");
  return { code: result.code, plan: jsonOf<ChangePlan>(result) };
};
const start = async () => (await twin.ask<{ start: string }>("core-0", "/varz")).start;

test("nothing to do ends with 0, and what runs is not touched", async () => {
  const before = { pids: twin.pids(), digests: await twin.digests() };
  expect((await plan()).code).toBe(0);
  project.write({ ...environment, nats: { maxPayload: "2MiB" } });
  const { code, plan: reload } = await plan();
  expect({ code, effects: reload.servers.map(({ effect }) => effect) }).toEqual({ code: 2, effects: ["reload"] });
  expect({ pids: twin.pids(), digests: await twin.digests() }).toEqual(before);
});

test("a review reads what the servers say, and changes nothing", async () => {
  const before = { pids: twin.pids(), digests: await twin.digests() };
  const [live] = await liveClusters.twin("planned", project.root);
  const { version } = await twin.ask<{ version: string }>("core-0", "/varz");
  expect(live).toMatchObject({ cluster: "core", servers: [{ name: "core-0", said: { version } }] });
  expect({ pids: twin.pids(), digests: await twin.digests() }).toEqual(before);
});

test("a restart is one by the server's own time, and a reload is none", async () => {
  const first = await start();
  const text = await twin.up({ ...environment, nats: { maxPayload: "2MiB" } });
  expect(text).toContain("core-0: reload\n    max_payload: reload");
  expect(await start()).toBe(first);
  project.write({ ...environment, nats: { featureFlags: { js_ack_fc_v2: true } } });
  expect((await plan()).plan.servers.map(({ effect }) => effect)).toEqual(["restart"]);
  await twin.up({ ...environment, nats: { featureFlags: { js_ack_fc_v2: true } } });
  expect(await start()).not.toBe(first);
  await twin.up(environment);
});

test("nobody is disconnected without agreement", async () => {
  const before = { pids: twin.pids(), digests: await twin.digests() };
  // In a pipe nobody can be asked, and without a change nobody is.
  await project.run("up", "planned");
  project.write({ ...environment, nats: { maxPayload: "2MiB" } });
  const { code, stderr } = await project.natsform("up", "planned");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /nothing was touched:\n {2}core-0: users and services that the callout admitted\n.*up planned --yes/,
    ),
  });
  expect({ pids: twin.pids(), digests: await twin.digests() }).toEqual(before);
  project.write(environment);
});

test("a rotation of keys, and a certificate that is issued again, are part of the plan", async () => {
  await project.run("keys", "rotate", "planned", "--twin");
  const { code, plan: rotated } = await plan();
  expect({ code, effects: rotated.servers.map(({ effect }) => effect) }).toEqual({ code: 2, effects: ["restart"] });
  expect(rotated.others.map(({ at }) => at)).toEqual(
    ["issuer", "xkey", "users.responder", "responders"].map((what) => `trust.core.${what}`),
  );
  expect(rotated.narrowed).toEqual([]);
  const first = await start();
  expect((await project.natsform("up", "planned")).code).toBe(1);
  await twin.up();
  expect(await start()).not.toBe(first);
  expect((await plan()).code).toBe(0);
  await project.run("keys", "rotate", "planned", "--twin", "--finish");
  const { narrowed } = (await plan()).plan;
  expect(narrowed).toMatchObject([{ at: "trust.core.users.responder", what: ["everything"], keptMs: 0 }]);
  await twin.up();
  expect((await plan()).code).toBe(0);

  rmSync(twin.folder.certificate("core", "public").cert);
  const renewal = await plan();
  expect(renewal.plan.servers.map(({ effect, reasons }) => ({ effect, reasons }))).toEqual([
    {
      effect: "reload",
      reasons: [{ at: "certificates.public", effect: "reload", why: "it is issued again: there is none" }],
    },
  ]);
  // The environment is the same: nobody is asked.
  expect(await project.run("up", "planned")).toContain("1 reloaded");
});

test("an account with streams is not taken out unless it is named", async () => {
  const more = { ...environment, accounts: { APP: {}, MORE: {} } };
  await twin.up(more);
  project.write(environment);
  const { code, stderr } = await project.natsform("up", "planned");
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("--allow-data-loss MORE") });
  await project.run("up", "planned", "--yes", "--allow-data-loss", "MORE");
  expect((await plan()).code).toBe(0);
});

test("rights that are taken away stay with who is connected, until --disconnect ends that", async () => {
  const sys = twin.client(twin.user("sys"));
  const service = twin.client(twin.service());
  const streams = twin.client(twin.user("streams-APP"), { inboxPrefix: STREAMS_INBOX });
  for (const client of [sys, service, streams]) await client.connection();
  const may = async () => {
    const { data } = (await service.request("$SYS.REQ.USER.INFO")).json<{
      data: { permissions: { publish: { allow: string[] } } };
    }>();
    return data.permissions.publish.allow.includes("orders.>");
  };
  const text = await twin.up(narrowed);
  expect(text).toContain("who is connected keeps it for 1h at most; --disconnect ends it at once");
  expect(await may()).toBe(true);
  const asked = await project.natsform("up", "planned", "--disconnect");
  expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining("to end rights of before")]);
  expect(await project.run("up", "planned", "--disconnect", "--yes")).toContain("1 connection ended");
  await eventually("it is back with what it may now", async () => !(await may()));
  for (const client of [sys, streams]) expect(client.health()).toMatchObject({ connected: true, reconnects: 0 });
});

test("what is in memory alone is lost by its name, and by no agreement to a restart", async () => {
  const stored = { ...core, size: 1, jetstream: { memory: "64MiB", file: "1GiB", durability: "durable" as const } };
  const memory = { ...orders, name: "CACHE", storage: "memory" as const, replicas: 1 };
  const rule = "ephemeral-single-copy";
  const acknowledge = [{ rule, reason: "What is cached can be lost, when somebody says so.", expires: "2027-11-01" }];
  const cached = { ...environment, clusters: { core: stored }, streams: [memory], acknowledge };
  await twin.up(cached);
  const [live] = await liveClusters.twin("planned", project.root);
  expect(live?.streams).toEqual([{ account: "APP", name: "CACHE", messages: 0, bytes: 0, behind: [] }]);
  const before = { pids: twin.pids(), digests: await twin.digests() };
  project.write({ ...cached, nats: { featureFlags: { js_ack_fc_v2: true } } });
  const { code, stderr } = await project.natsform("up", "planned", "--yes");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(
      /streams\.CACHE\.replicas: CACHE: its messages, in memory.*\n.*--allow-data-loss CACHE/,
    ),
  });
  expect({ pids: twin.pids(), digests: await twin.digests() }).toEqual(before);
  await project.run("down", "planned");
  // It is gone with the process: a start takes nothing more, and nobody is there to be asked about.
  expect((await plan()).plan.losses).toEqual([]);
  await project.run("up", "planned");
});
