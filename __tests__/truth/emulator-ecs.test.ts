import { tagOf } from "../../cli/emulator/aws";
import { defaultRelease } from "../../model/config/server-releases";
import { noEmulator, region, TestEmulator } from "../support/emulator-run";

const emulator = new TestEmulator();
const run = noEmulator ? describe.skip : describe;
const cluster = "test";

run(`services on the emulated AWS${noEmulator ? `: ${noEmulator}` : ""}`, () => {
  let subnet: string;
  let securityGroup: string;
  beforeAll(async () => {
    await emulator.start();
    const { aws } = emulator;
    const vpc = tagOf(await aws.ec2(region, "CreateVpc", { CidrBlock: "10.9.0.0/16" }), "vpcId") ?? "";
    await aws.ec2(region, "ModifyVpcAttribute", { VpcId: vpc, "EnableDnsHostnames.Value": "true" });
    subnet = tagOf(await aws.ec2(region, "CreateSubnet", { VpcId: vpc, CidrBlock: "10.9.0.0/24" }), "subnetId") ?? "";
    const group = { VpcId: vpc, GroupName: "servers", GroupDescription: "servers" };
    securityGroup = tagOf(await aws.ec2(region, "CreateSecurityGroup", group), "groupId") ?? "";
    await aws.json(region, "ecs", "CreateCluster", { clusterName: cluster });
    await define({});
  });
  afterAll(() => emulator.remove());

  const ecs = <T = unknown>(action: string, input: object) =>
    emulator.aws.json<T>(region, "ecs", action, { cluster, ...input });
  const define = (container: object, family = "server") =>
    emulator.aws.json(region, "ecs", "RegisterTaskDefinition", {
      family,
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      cpu: "256",
      memory: "512",
      containerDefinitions: [
        {
          name: "nats",
          image: `nats:${defaultRelease}-alpine`,
          memory: 256,
          healthCheck: { command: ["CMD", "true"] },
          ...container,
        },
      ],
    });
  const create = (serviceName: string, taskDefinition = "server", more: object = {}) =>
    ecs("CreateService", {
      serviceName,
      taskDefinition,
      desiredCount: 1,
      launchType: "FARGATE",
      networkConfiguration: {
        awsvpcConfiguration: { subnets: [subnet], securityGroups: [securityGroup], assignPublicIp: "ENABLED" },
      },
      deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 0 },
      ...more,
    });
  interface Described {
    taskArn: string;
    lastStatus: string;
    healthStatus: string;
    group: string;
    taskDefinitionArn: string;
    attachments: { details: { name: string; value: string }[] }[];
  }
  async function tasksOf(serviceName: string): Promise<Described[]> {
    await emulator.control.settled();
    const { taskArns } = await ecs<{ taskArns: string[] }>("ListTasks", { serviceName });
    if (taskArns.length === 0) return [];
    return (await ecs<{ tasks: Described[] }>("DescribeTasks", { tasks: taskArns })).tasks;
  }
  const interfaceOf = ({ attachments }: Described) =>
    attachments.flatMap(({ details }) => details).find(({ name }) => name === "networkInterfaceId")?.value ?? "";
  const publicAddress = async (task: Described) => {
    const ids = { "NetworkInterfaceId.1": interfaceOf(task) };
    return tagOf(await emulator.aws.ec2(region, "DescribeNetworkInterfaces", ids), "publicIp");
  };

  test("a service has a healthy task with a public address, and each service its own", async () => {
    await Promise.all([create("one"), create("two")]);
    const [[one], [two]] = await Promise.all([tasksOf("one"), tasksOf("two")]);
    expect(one).toMatchObject({ lastStatus: "RUNNING", healthStatus: "HEALTHY", group: "service:one" });
    expect(two).toMatchObject({ lastStatus: "RUNNING", healthStatus: "HEALTHY", group: "service:two" });
    const addresses = await Promise.all([one, two].map((task) => task && publicAddress(task)));
    expect(new Set(addresses).size).toBe(2);
    expect(addresses[0]).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    // Looking at a task does not end it.
    for (let i = 0; i < 3; i++) expect(await tasksOf("one")).toMatchObject([{ lastStatus: "RUNNING" }]);
    const { services } = await ecs<{ services: { runningCount: number }[] }>("DescribeServices", { services: ["one"] });
    expect(services).toMatchObject([
      { runningCount: 1, pendingCount: 0, deployments: [{ rolloutState: "COMPLETED" }] },
    ]);
  });

  test("it follows the number that is wanted, and a new task definition replaces the old task", async () => {
    await create("changing");
    const [first] = await tasksOf("changing");
    await define({ environment: [{ name: "V", value: "2" }] });
    await ecs("UpdateService", { service: "changing", taskDefinition: "server:2" });
    const after = await tasksOf("changing");
    expect(after.map(({ taskDefinitionArn }) => taskDefinitionArn)).toEqual([expect.stringMatching(/server:2$/)]);
    expect(after[0]?.taskArn).not.toBe(first?.taskArn);
    await ecs("UpdateService", { service: "changing", desiredCount: 3 });
    expect(await tasksOf("changing")).toHaveLength(3);
    await ecs("UpdateService", { service: "changing", desiredCount: 0 });
    expect(await tasksOf("changing")).toEqual([]);
  });

  test("a task that is stopped is replaced, by one with another address", async () => {
    await create("stopped");
    const [before] = await tasksOf("stopped");
    await ecs("StopTask", { task: before?.taskArn, reason: "test" });
    const [after] = await tasksOf("stopped");
    expect(after).toMatchObject({ lastStatus: "RUNNING", healthStatus: "HEALTHY" });
    expect(after?.taskArn).not.toBe(before?.taskArn);
  });

  test("deleting a service takes its tasks, their interfaces and addresses with it", async () => {
    await create("deleted");
    const [task] = await tasksOf("deleted");
    const networkInterface = task && interfaceOf(task);
    expect(networkInterface).toMatch(/^eni-/);
    await ecs("DeleteService", { service: "deleted", force: true });
    expect(await tasksOf("deleted")).toEqual([]);
    const left = await emulator.aws.ec2(region, "DescribeNetworkInterfaces", {});
    expect(left).not.toContain(networkInterface);
  });

  test("it is registered in Cloud Map while it runs", async () => {
    const map = <T>(action: string, input: object) => emulator.aws.json<T>(region, "servicediscovery", action, input);
    await map("CreatePrivateDnsNamespace", { Name: "cloudmap.test.internal", Vpc: "vpc-1" });
    const { Namespaces } = await map<{ Namespaces: { Id: string }[] }>("ListNamespaces", {});
    const { Service } = await map<{ Service: { Id: string; Arn: string } }>("CreateService", {
      Name: "core-0",
      NamespaceId: Namespaces[0]?.Id,
      DnsConfig: { DnsRecords: [{ Type: "A", TTL: 10 }] },
    });
    await create("mapped", "server", { serviceRegistries: [{ registryArn: Service.Arn }] });
    const [task] = await tasksOf("mapped");
    const instances = async () =>
      (await map<{ Instances?: { Id: string }[] }>("ListInstances", { ServiceId: Service.Id })).Instances ?? [];
    expect(await instances()).toMatchObject([{ Id: task?.taskArn.split("/").at(-1) }]);
    await ecs("DeleteService", { service: "mapped", force: true });
    expect(await instances()).toEqual([]);
  });

  test("without its image or its secret it has no task, and says why; then it starts by itself", async () => {
    const valueFrom = `arn:aws:secretsmanager:${region}:123456789012:secret:absent-AbCdEf`;
    await define({ image: `123456789012.dkr.ecr.${region}.amazonaws.com/absent:1` }, "imageless");
    await define({ secrets: [{ name: "SEED", valueFrom }] }, "secretless");
    await Promise.all([create("imageless", "imageless"), create("secretless", "secretless")]);
    expect(await tasksOf("imageless")).toEqual([]);
    expect(await tasksOf("secretless")).toEqual([]);
    const { services } = await emulator.control.state();
    const failure = (name: string) => services.find((service) => service.name === name)?.failure;
    expect(failure("imageless")).toMatch(/^CannotPullContainerError/);
    expect(failure("secretless")).toMatch(/^ResourceInitializationError.*ResourceNotFoundException/);
    const { aws } = emulator;
    await aws.json(region, "ecr", "CreateRepository", { repositoryName: "absent" });
    const imageManifest = JSON.stringify({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: { digest: "sha256:0", size: 1 },
      layers: [],
    });
    await aws.json(region, "ecr", "PutImage", { repositoryName: "absent", imageTag: "1", imageManifest });
    const deadline = Date.now() + 60_000;
    while ((await tasksOf("imageless")).length === 0 && Date.now() < deadline)
      await new Promise((r) => setTimeout(r, 100));
    expect(await tasksOf("imageless")).toHaveLength(1);
  });

  test("a task that a client runs has ended well at once, and has left nothing behind", async () => {
    const { tasks } = await runTask({ startedBy: "ecs/tests_1" });
    const [ended] = (await ecs<{ tasks: Described[] }>("DescribeTasks", { tasks: [tasks[0]?.taskArn] })).tasks;
    expect(ended).toMatchObject({ lastStatus: "STOPPED", containers: [{ exitCode: 0 }] });
    const left = await emulator.aws.ec2(region, "DescribeNetworkInterfaces", {});
    expect(left).not.toContain(interfaceOf(tasks[0] as Described));
  });

  test.each([
    ["startedBy with a space", { startedBy: "natsform deploy" }, "startedBy"],
    ["startedBy of 129 characters", { startedBy: "x".repeat(129) }, "startedBy"],
    ["clientToken with a space", { clientToken: "a b" }, "clientToken"],
    ["clientToken of 65 characters", { clientToken: "x".repeat(65) }, "clientToken"],
  ])("%s is refused, as ECS does", async (_, input, named) => {
    const refusal = { code: "InvalidParameterException", message: expect.stringContaining(named) };
    await expect(runTask(input)).rejects.toMatchObject(refusal);
  });

  const runTask = (input: object) =>
    ecs<{ tasks: Described[] }>("RunTask", {
      taskDefinition: "server",
      launchType: "FARGATE",
      networkConfiguration: { awsvpcConfiguration: { subnets: [subnet], securityGroups: [securityGroup] } },
      ...input,
    });
});
