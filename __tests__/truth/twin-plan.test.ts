import type { ChangePlan } from "../../model/change";
import { STREAMS_INBOX } from "../../runtime/streams/contract";
import { eventually } from "../support/eventually";
import { jsonOf, TestProject } from "../support/project";
import { app, oneServer } from "../support/twin-environment";
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

test("an account with streams is not taken out unless it is named", async () => {
  const more = { ...environment, accounts: { APP: {}, MORE: {} } };
  await twin.up(more);
  project.write(environment);
  const { code, stderr } = await project.natsform("up", "planned");
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("--allow-data-loss MORE") });
  await project.run("up", "planned", "--allow-data-loss", "MORE");
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
  expect(await project.run("up", "planned", "--disconnect")).toContain("1 connection ended");
  await eventually("it is back with what it may now", async () => !(await may()));
  for (const client of [sys, streams]) expect(client.health()).toMatchObject({ connected: true, reconnects: 0 });
});
