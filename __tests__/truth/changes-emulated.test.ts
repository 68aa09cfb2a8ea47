import { createHash } from "node:crypto";
import { silentHost } from "../../cli/core/host";
import { rollClusters } from "../../cli/deploy/roll";
import { emulatedTarget } from "../../cli/deploy/targets";
import type { ServerEffect } from "../../model/change";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology } from "../../model/topology";
import { saidAndApplied, saidAndPlanned, saidAndRemoved } from "../support/change-plans";
import { triedChanges, triedEnvironment } from "../support/change-table";
import { TestDeployment } from "../support/deploy-run";
import { noEmulator } from "../support/emulator-run";
import { missingTerraform } from "../support/terraform";
import { core } from "../support/twin-environment";

/*
 * What is said of a change is compared with what it does on ECS: with Terraform's plan of the servers, for each change, and
 * for one of each kind with what an apply really did to tasks and configurations. The same changes are tried on a twin.
 */

const name = "tried-ecs";
const region = "eu-west-1";
const missing = missingTerraform("changes of an emulated deployment", "aws") || noEmulator;
const deployed = missing ? test.skip : test;

const tried = triedEnvironment(name);
const cluster: EnvironmentInput["clusters"][string] = {
  ...(tried.clusters.core as EnvironmentInput["clusters"][string]),
  backup: { to: "s3://tried-ecs-backup/core", locked: true },
};
const acknowledge = ["backup-taken-out", "data-lost"].map((rule) => ({
  rule,
  reason: "nothing is stored on an emulated AWS",
  expires: "2099-01-01",
}));
const environment: EnvironmentInput = { ...tried, clusters: { core: cluster }, acknowledge };
const deployment = new TestDeployment(environment);

/** Of the changes that are tried on a twin: those with this text, and what is said of the servers that were there. */
const shared: [string, ServerEffect][] = [
  ['{"maxPayload":"3MiB"}', "reload"],
  ['{"metadata":{"team":"two"}}', "restart"],
  ['"maxStreams":11', "reload"],
  ['{"stream":"news.>"}', "reload"],
  ['"tier:silver"', "reload"],
  ['{"maxPayload":"3MiB","proxyProtocol":true}', "restart"],
  ['"durability":"durable"', "restart"],
  ['{"websocket":"none"}', "restart"],
  ['{"foreignLeafs":{}}', "restart"],
  ['"cpu":2048', "restart"],
  ['["user.{sub}.one"]', "nothing"],
  ['{"services":{"api":', "nothing"],
  ['"dnsTtlSeconds":20', "nothing"],
  ['{"maxAge":"1d"}', "nothing"],
];

const triedHere = triedChanges(environment);
const changeWith = (text: string): EnvironmentInput => {
  const found = triedHere.find(({ what }) => what.includes(text));
  if (!found) throw new Error(`no change has ${text}`);
  return found.after;
};
const withCluster = (fields: object): EnvironmentInput => ({
  ...environment,
  clusters: { core: { ...cluster, ...fields } as EnvironmentInput["clusters"][string] },
});

interface Seen {
  /** By server: revision of the task definition that its service runs, and the task itself. */
  revisions: Record<string, string>;
  tasks: Record<string, string>;
  /** By server: SHA-256 of the configuration in the bucket. */
  configurations: Record<string, string>;
  volumes: Record<string, string>;
}

beforeAll(async () => {
  if (!missing) await deployment.deploy();
}, 900_000);
afterAll(() => deployment.remove(), 120_000);

const servers = ["core-0", "core-1", "core-2"];
const all = (effect: ServerEffect) => Object.fromEntries(servers.map((server) => [server, effect]));

async function compared(after: EnvironmentInput) {
  const { said, planned } = await saidAndPlanned(deployment, after);
  const effects = Object.fromEntries(said.servers.map(({ server, effect }) => [server, effect]));
  // The plan, and not what is said, is the truth here.
  expect(effects).toEqual(planned);
  return { said, effects };
}

describe("Terraform plans what is said", () => {
  deployed.each(shared)("%s: %s", async (text, effect) => {
    const { said, effects } = await compared(changeWith(text));
    expect([effects, said.forbidden]).toEqual([all(effect), []]);
  });

  deployed("two more servers start, and the tasks of before are told their names", async () => {
    const { effects } = await compared(changeWith('{"size":5}'));
    expect(effects).toEqual({ ...all("restart"), "core-3": "start", "core-4": "start" });
  });

  const platform = (fields: object) => withCluster({ platform: { ...core.platform, ...fields } });

  deployed("how a network reaches AWS is nothing to servers", async () => {
    const { said, effects } = await compared(platform({ network: { egress: "endpoints" } }));
    expect([said.forbidden, effects]).toEqual([[], all("nothing")]);
  });

  deployed.each([
    ["clusters.core.platform.network", { network: { cidr: "10.8.0.0/16" } }, /aws_vpc\./],
    ["clusters.core.platform.zones", { zones: ["a", "b"] }, /aws_subnet\..*-c/],
  ])("%s: refused, and what servers run in would be removed", async (at, fields, gone) => {
    const { said, removed } = await saidAndRemoved(deployment, platform(fields));
    expect(said.forbidden.map((one) => one.at)).toEqual([at]);
    expect(removed).toContainEqual(expect.stringMatching(gone));
  });

  deployed.each<[string, EnvironmentInput]>([
    ["clusters.core.natsName", withCluster({ natsName: "another" })],
    ["clusters.core.jetstream.domain", withCluster({ jetstream: { ...core.jetstream, domain: "elsewhere" } })],
  ])("%s: refused, and it would restart every server", async (at, after) => {
    const { said, effects } = await compared(after);
    expect([said.forbidden.map((one) => one.at), effects]).toEqual([[at], all("restart")]);
  });
});

/** What runs, by AWS's own answers. */
async function seen(): Promise<Seen> {
  const { aws } = deployment;
  const ask = <T>(action: string, body: object) => aws.json<T>(region, "ecs", action, body);
  const found: Seen = { revisions: {}, tasks: {}, configurations: {}, volumes: {} };
  const bucket = await configBucket();
  for (const server of servers) {
    const of = { cluster: name, serviceName: `${name}-${server}` };
    const { taskArns } = await ask<{ taskArns: string[] }>("ListTasks", of);
    const { tasks } = await ask<{ tasks: { taskArn: string; taskDefinitionArn: string }[] }>("DescribeTasks", {
      cluster: name,
      tasks: taskArns,
    });
    const [task, ...others] = tasks;
    expect(others).toEqual([]);
    const { taskDefinition } = await ask<{ taskDefinition: { volumes: object[] } }>("DescribeTaskDefinition", {
      taskDefinition: task?.taskDefinitionArn,
    });
    found.revisions[server] = task?.taskDefinitionArn.split(":").at(-1) ?? "";
    found.tasks[server] = task?.taskArn ?? "";
    found.volumes[server] = JSON.stringify(taskDefinition.volumes);
    found.configurations[server] = await bucket(server);
  }
  return found;
}

async function configBucket() {
  const send = async (path: string) => (await deployment.aws.send(region, "s3", path)).text();
  const names = [...(await send("/")).matchAll(/<Name>([^<]+)</g)].map(([, found = ""]) => found);
  const bucket = names.find((found) => found.includes("config"));
  const keys = [...(await send(`/${bucket}?list-type=2`)).matchAll(/<Key>([^<]+)</g)].map(([, key = ""]) => key);
  return async (server: string) => {
    const key = keys.find((found) => found.includes(server));
    if (!key) throw new Error(`no configuration of ${server} among ${keys.join()}`);
    return createHash("sha256")
      .update(await send(`/${bucket}/${key}`))
      .digest("hex");
  };
}

describe("an apply does what is said", () => {
  /** Each is made of the environment as it was in the beginning, and applied to what the one before it has left. */
  const steps: [ServerEffect, string, EnvironmentInput][] = [
    ["nothing", "a grant of users", changeWith('["user.{sub}.one"]')],
    ["reload", "larger messages", changeWith('{"maxPayload":"3MiB"}')],
    ["restart", "a backup that is taken out, with its users", withCluster({ backup: undefined })],
    ["recreate", "another disk", withCluster({ backup: undefined, platform: { ...core.platform, storage: "efs" } })],
  ];

  deployed.each(steps)("%s: %s", async (effect, _, after) => {
    const before = await seen();
    const change = await saidAndApplied(deployment, after);
    await deployment.control.settled();
    const now = await seen();
    const did = Object.fromEntries(servers.map((server) => [server, done(server, before, now)]));
    const said = change.servers.map((one) => [one.server, one.effect]);
    expect([did, Object.fromEntries(said)]).toEqual([all(effect), all(effect)]);
  });

  function done(server: string, was: Seen, is: Seen): ServerEffect {
    const isOther = (of: keyof Seen) => was[of][server] !== is[of][server];
    expect(isOther("revisions")).toBe(isOther("tasks"));
    if (isOther("volumes")) return "recreate";
    if (isOther("tasks")) return "restart";
    return isOther("configurations") ? "reload" : "nothing";
  }
});

describe("servers are restarted one after another", () => {
  const efs = { ...core.platform, storage: "efs" };
  const changed = { ...withCluster({ backup: undefined, platform: efs }), nats: { metadata: { team: "three" } } };
  const breaks = (broken: boolean) =>
    deployment.control.call("POST", "tasks/break", { service: `${name}-core-1`, broken });
  const kept = (was: Seen, is: Seen) => servers.filter((server) => was.tasks[server] === is.tasks[server]);

  deployed("one that ECS rolls back stops it, and the rest is left alone; the same command goes on", async () => {
    const before = await seen();
    await breaks(true);
    await expect(saidAndApplied(deployment, changed)).rejects.toMatchObject({
      message: expect.stringMatching(/^core-1 did not come back: tried-ecs-core-1:\d+ instead of tried-ecs-core-1:\d+/),
      fix: expect.stringContaining("the others serve, and were left alone"),
    });
    await deployment.control.settled();
    const stopped = await seen();
    expect(kept(before, stopped)).toEqual(["core-2"]);

    await breaks(false);
    const said: string[] = [];
    await saidAndApplied(deployment, changed, (text) => said.push(text));
    await deployment.control.settled();
    const done = await seen();
    expect(kept(stopped, done)).toEqual(["core-0"]);
    expect(said.filter((text) => /^restarts/.test(text))).toEqual([
      "restarts core-1: lame duck mode",
      "restarts core-2: lame duck mode",
    ]);
  });

  deployed("all of them with what they have, also where an earlier roll was killed", async () => {
    const { root } = deployment.project;
    const { environment: parsed } = parseEnvironment(changed, name);
    if (!parsed) throw new Error("no environment");
    const target = await emulatedTarget({ root, environment: parsed, topology: buildTopology(parsed) });
    const before = await seen();
    await breaks(false);
    await deployment.control.call("POST", "tasks/health", { service: `${name}-core-2`, health: "UNHEALTHY" });
    // Whoever is not well goes first, and the others only when it is back.
    expect(await rollClusters(target, {}, silentHost(true))).toEqual(servers);
    const after = await seen();
    expect([kept(before, after), after.revisions]).toEqual([[], before.revisions]);
  });
});
