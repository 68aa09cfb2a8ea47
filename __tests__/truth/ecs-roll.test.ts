import { jetstream } from "@nats-io/jetstream";
import type { EmulatorAddress } from "../../cli/core/emulator-folder";
import type { Within } from "../../cli/deploy/ask-cluster";
import { ecsRollDriver } from "../../cli/deploy/aws/roll-driver";
import { tasksOf } from "../../cli/deploy/aws/tasks";
import type { DeployTarget } from "../../cli/deploy/target";
import { emulatedTarget } from "../../cli/deploy/targets";
import { connectAws, tagOf } from "../../cli/emulator/aws";
import { EmulatorControl } from "../../cli/emulator/client";
import { removeEmulator } from "../../cli/emulator/start";
import { userClient } from "../../cli/twin/connect";
import { openTwin } from "../../cli/twin/context";
import { defaultRelease } from "../../model/config/server-releases";
import { clusterOf, type EcsCluster, isOnEcs, streamsInbox } from "../../model/topology";
import { NotTaken, type RollProps, rollServers } from "../../runtime/roll/roll";
import { manager } from "../../runtime/streams/find";
import { noEmulator } from "../support/emulator-run";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { threeServers } from "../support/twin-environment";
import { type MetaGroup, TestTwin } from "../support/twin-project";

/*
 * No server runs on an emulated AWS: here those of a twin answer for its tasks. What restarts a task is ECS's API, and what stands
 * against it is what real servers say and hold.
 */

const name = "ecs-rolled";
const servers = ["core-0", "core-1", "core-2"];
const project = new TestProject();
const twin = new TestTwin(project, name);
let target: DeployTarget;
let cluster: EcsCluster;
let within: Within;

const run = noEmulator ? describe.skip : describe;

run(`servers on ECS are restarted by the gate of all platforms${noEmulator ? `: ${noEmulator}` : ""}`, () => {
  beforeAll(async () => {
    await twin.up(threeServers(name));
    const opened = await openTwin(name, project.root);
    const found = clusterOf(opened.topology, "core");
    if (!isOnEcs(found)) throw new Error("it is not on ECS");
    cluster = found;
    target = await emulatedTarget({ root: project.root, environment: opened.environment, topology: opened.topology });
    await tasksBehindServers(cluster.platform.region);
    within = async (use) => {
      const clients: { close(): Promise<void> }[] = [];
      try {
        return await use(async (user, inboxPrefix) => {
          const client = await userClient(opened, found, user, { inboxPrefix });
          clients.push(client);
          return client;
        });
      } finally {
        await Promise.all(clients.map((client) => client.close()));
      }
    };
    await twin.read(async (client) => {
      const nc = await client.connection();
      for (let i = 0; i < 50; i++) await jetstream(nc).publish(`orders.${i}`, `order ${i}`);
    });
  }, 240_000);
  afterAll(async () => {
    if (target?.emulator) await removeEmulator(target.emulator.folder);
    await twin.close();
    await project.remove();
  });

  /** A service with one task for each server, as the stack has them. */
  async function tasksBehindServers(region: string): Promise<void> {
    if (!target.emulator) throw new Error("no emulator");
    const aws = connectAws(target.emulator.address);
    const vpc = tagOf(await aws.ec2(region, "CreateVpc", { CidrBlock: "10.9.0.0/16" }), "vpcId") ?? "";
    // moto starts no task without.
    await aws.ec2(region, "ModifyVpcAttribute", { VpcId: vpc, "EnableDnsHostnames.Value": "true" });
    const subnet = tagOf(await aws.ec2(region, "CreateSubnet", { VpcId: vpc, CidrBlock: "10.9.0.0/24" }), "subnetId");
    const group = { VpcId: vpc, GroupName: "servers", GroupDescription: "servers" };
    const securityGroup = tagOf(await aws.ec2(region, "CreateSecurityGroup", group), "groupId");
    const ecs = (action: string, input: object) => aws.json(region, "ecs", action, { cluster: name, ...input });
    await ecs("CreateCluster", { clusterName: name });
    for (const server of servers) {
      const image = `nats:${defaultRelease}-alpine`;
      await ecs("RegisterTaskDefinition", {
        ...{ family: `${name}-${server}`, networkMode: "awsvpc", requiresCompatibilities: ["FARGATE"] },
        ...{ cpu: "256", memory: "512" },
        containerDefinitions: [{ name: "nats", image, memory: 256, healthCheck: { command: ["CMD", "true"] } }],
      });
      await ecs("CreateService", {
        ...{ serviceName: `${name}-${server}`, taskDefinition: `${name}-${server}`, desiredCount: 1 },
        launchType: "FARGATE",
        networkConfiguration: {
          awsvpcConfiguration: { subnets: [subnet], securityGroups: [securityGroup], assignPublicIp: "ENABLED" },
        },
        deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 0 },
      });
    }
    await waitForTasks();
  }
  async function tasks(): Promise<Record<string, string | undefined>> {
    const found = servers.map(async (server) => {
      const [task] = await tasksOf(target, cluster.platform.region, `${name}-${server}`);
      return [server, task?.taskArn] as const;
    });
    return Object.fromEntries(await Promise.all(found));
  }
  async function waitForTasks(): Promise<void> {
    await eventually("a task of each server", async () => {
      const { services } = await new EmulatorControl((target.emulator as { address: EmulatorAddress }).address).state();
      if (Object.values(await tasks()).includes(undefined)) throw new Error(JSON.stringify(services));
      return true;
    });
  }

  const said: string[] = [];
  const roll = async (wanted: readonly string[], loses: RollProps["loses"] = "memory") => {
    said.splice(0);
    const [account = ""] = Object.values(await tasks()).map((arn) => arn?.split(":")[4]);
    const { region } = cluster.platform;
    const definitions = new Map(
      servers.map((one) => [one, `arn:aws:ecs:${region}:${account}:task-definition/${name}-${one}:1`]),
    );
    const driver = ecsRollDriver(target, cluster, { servers, definitions, within, readyMs: 30_000, pollMs: 100 });
    await rollServers(driver, wanted, {
      ...{ loses, bytesPerSecond: 2 ** 24, inboxPrefix: streamsInbox },
      ...{ patienceMs: 3000, backMs: 30_000 },
      empties: false,
      say: (text) => said.push(text),
    });
  };

  test("each task is replaced, the leader's last, and it leads no more", async () => {
    const before = await tasks();
    const { meta_cluster: was } = await twin.ask<MetaGroup>("core-0", "/jsz");
    await roll(servers);
    const after = await tasks();
    for (const server of servers) expect(after[server]).not.toBe(before[server]);
    const restarted = said.flatMap((text) => /^restarts (\S+):/.exec(text)?.[1] ?? []);
    expect([restarted.toSorted(), restarted.at(-1)]).toEqual([servers, was?.leader]);
    expect((await twin.ask<MetaGroup>("core-0", "/jsz")).meta_cluster?.leader).not.toBe(was?.leader);
  });

  test("a disk that goes with its task, and has the only copy of a stream, stays where it is", async () => {
    const alone = await twin.read(async (client) => {
      const { streams } = await manager(await client.connection());
      return (await streams.add({ name: "ALONE", subjects: ["alone.>"], num_replicas: 1 })).cluster?.leader ?? "";
    });
    const before = await tasks();
    const refused = roll(servers, "everything");
    await expect(refused).rejects.toThrow(NotTaken);
    await expect(refused).rejects.toThrow(`APP: ALONE has its only copy on ${alone}`);
    expect((await tasks())[alone]).toBe(before[alone]);
    await twin.read(async (client) => (await manager(await client.connection())).streams.delete("ALONE"));
  });

  test("while a server does not answer no other task is touched, however healthy ECS finds them all", async () => {
    const before = await tasks();
    process.kill(twin.pid("core-2"), "SIGSTOP");
    try {
      await expect(roll(["core-0"])).rejects.toThrow("core-0 is not restarted: core-2 is not ready");
      expect(await tasks()).toEqual(before);
    } finally {
      process.kill(twin.pid("core-2"), "SIGCONT");
    }
  });
});
