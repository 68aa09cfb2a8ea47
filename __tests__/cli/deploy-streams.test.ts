import {
  CreateSecurityGroupCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
} from "@aws-sdk/client-ecs";
import { runStreamsTasks, streamsProblem } from "../../cli/deploy/aws/streams-tasks";
import { clientConfig } from "../../cli/deploy/target";
import demo from "../../environments/demo";
import { Environment } from "../../model/config";
import { noEmulator, region, TestEmulator } from "../support/emulator-run";

const name = "streams";
const secrets = { name: "secrets", exitCode: 0 };
test.each([
  ["an exit code of 0 is success", { containers: [secrets, { name, exitCode: 0 }] }, undefined],
  ["another one is told", { containers: [secrets, { name, exitCode: 2 }] }, "it ended with 2"],
  [
    "a container that never ran because another one failed names it",
    { containers: [{ name }, { name: "secrets", exitCode: 1 }] },
    "its container secrets ended with 1",
  ],
  [
    "a container that never ran says why",
    { containers: [{ name, reason: "CannotPullContainerError" }] },
    "CannotPullContainerError",
  ],
  ["or its task does", { containers: [{}], stoppedReason: "no capacity" }, "no capacity"],
  ["or nobody", undefined, "it never ran"],
])("%s", (_, task, problem) => {
  expect(streamsProblem(task)).toBe(problem);
});

const stack = { region, cluster: "core" };

test("without streams nothing is run", async () => {
  const target = { environment: Environment.parse(demo), streamsMay: {} };
  expect(await runStreamsTasks(target, stack, undefined, () => undefined)).toBe(0);
});

(noEmulator ? describe.skip : describe)(`on the emulated AWS${noEmulator ? `: ${noEmulator}` : ""}`, () => {
  const emulator = new TestEmulator();
  beforeAll(() => emulator.start());
  afterAll(() => emulator.remove());

  test("a task runs where the output says, and its end is waited for", async () => {
    const target = {
      environment: Environment.parse(demo),
      emulator: { address: emulator.address } as never,
      streamsMay: { STREAMS_ALLOW_DATA_LOSS: "ORDERS" },
    };
    const [ec2, ecs] = [new EC2Client(clientConfig(target, region)), new ECSClient(clientConfig(target, region))];
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
    await ec2.send(new ModifyVpcAttributeCommand({ VpcId: Vpc?.VpcId, EnableDnsHostnames: { Value: true } }));
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "10.0.0.0/24" }));
    const { GroupId } = await ec2.send(
      new CreateSecurityGroupCommand({ VpcId: Vpc?.VpcId, GroupName: "programs", Description: "programs" }),
    );
    await ecs.send(new CreateClusterCommand({ clusterName: "demo" }));
    const { taskDefinition } = await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: "streams",
        networkMode: "awsvpc",
        requiresCompatibilities: ["FARGATE"],
        cpu: "256",
        memory: "512",
        containerDefinitions: [{ name: "streams", image: "streams", memory: 512 }],
      }),
    );
    const output = {
      taskDefinitions: { APP: taskDefinition?.taskDefinitionArn ?? "" },
      ecsCluster: "demo",
      subnets: [Subnet?.SubnetId ?? ""],
      securityGroups: [GroupId ?? ""],
    };
    expect(await runStreamsTasks(target, stack, output, () => undefined)).toBe(1);
    const { tasks } = await ecs.send(
      new DescribeTasksCommand({
        cluster: "demo",
        tasks: (await ecs.send(new ListTasksCommand({ cluster: "demo", desiredStatus: "STOPPED" }))).taskArns,
      }),
    );
    expect(tasks?.map(({ startedBy, lastStatus }) => [startedBy, lastStatus])).toEqual([
      ["natsform-deploy", "STOPPED"],
    ]);
    expect(tasks?.[0]?.overrides?.containerOverrides?.[0]?.environment).toEqual([
      { name: "STREAMS_ALLOW_DATA_LOSS", value: "ORDERS" },
    ]);
  });
});
