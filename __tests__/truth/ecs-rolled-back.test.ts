import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { emulatorVariables } from "../../cli/core/emulator-folder";
import { writeCliConfig } from "../../cli/core/provider-mirror";
import { definitionText, wantedDefinition } from "../../cli/deploy/aws/wanted-definitions";
import { readStateIn } from "../../cli/deploy/states/state";
import { terraform, terraformEnv } from "../../cli/deploy/terraform";
import { tagOf } from "../../cli/emulator/aws";
import { addAwsProvider } from "../../modules/aws/provider";
import { ServerService } from "../../modules/aws/server-service";
import type { StackContext } from "../../modules/terraform/context";
import { noEmulator, region, TestEmulator } from "../support/emulator-run";
import { missingTerraform } from "../support/terraform";

const missing = missingTerraform("services that are rolled back", "aws") || noEmulator;
const emulator = new TestEmulator();
const root = mkdtempSync(join(tmpdir(), "natsform-rolled-back-"));
const cluster = "test";

(missing ? describe.skip : describe)("servers on ECS, one after another", () => {
  let made: { subnetId: string; securityGroupId: string; namespaceId: string; ecsClusterArn: string };
  beforeAll(async () => {
    await emulator.start();
    const { aws } = emulator;
    const vpc = tagOf(await aws.ec2(region, "CreateVpc", { CidrBlock: "10.9.0.0/16" }), "vpcId") ?? "";
    await aws.ec2(region, "ModifyVpcAttribute", { VpcId: vpc, "EnableDnsHostnames.Value": "true" });
    const subnet = await aws.ec2(region, "CreateSubnet", { VpcId: vpc, CidrBlock: "10.9.0.0/24" });
    const group = { VpcId: vpc, GroupName: "servers", GroupDescription: "servers" };
    const securityGroup = await aws.ec2(region, "CreateSecurityGroup", group);
    const own = await ecs<{ cluster: { clusterArn: string } }>("CreateCluster", { clusterName: cluster });
    const map = <T>(action: string, input: object) => aws.json<T>(region, "servicediscovery", action, input);
    await map("CreatePrivateDnsNamespace", { Name: "test.internal", Vpc: vpc });
    const { Namespaces } = await map<{ Namespaces: { Id: string }[] }>("ListNamespaces", {});
    made = {
      subnetId: tagOf(subnet, "subnetId") ?? "",
      securityGroupId: tagOf(securityGroup, "groupId") ?? "",
      namespaceId: Namespaces[0]?.Id ?? "",
      ecsClusterArn: own.cluster.clusterArn,
    };
  }, 120_000);
  afterAll(async () => {
    await emulator.remove();
    rmSync(root, { recursive: true, force: true });
  });

  const ecs = <T = unknown>(action: string, input: object) =>
    emulator.aws.json<T>(region, "ecs", action, { cluster, ...input });
  const folder = () => ({
    stack: "servers",
    path: join(root, "out", "stacks", "servers"),
    env: {
      ...terraformEnv(writeCliConfig(join(root, "cli"))),
      ...emulatorVariables(emulator.address),
    },
  });

  /** Two servers as the stack has them, the second after the first. */
  function synthesize(memoryMiB: number): void {
    const app = new App({ outdir: join(root, "out") });
    const stack = new TerraformStack(app, "servers");
    new LocalBackend(stack, { path: join(root, "servers.tfstate") });
    const settings = { emulatorEndpoint: emulator.address.url };
    addAwsProvider(stack, region, { environment: { name: "test", tags: {} }, settings } as unknown as StackContext);
    let previous: ServerService | undefined;
    for (const name of ["core-0", "core-1"]) {
      previous = new ServerService(stack, name, {
        ...made,
        name: `test-${name}`,
        host: `${name}.test.internal`,
        publicAddress: false,
        after: previous ? [previous.service] : [],
        task: {
          family: `test-${name}`,
          region,
          logGroup: `/natsform/test/${name}`,
          cpu: 512,
          memoryMiB,
          taskRoleArn: "arn:aws:iam::123456789012:role/task",
          executionRoleArn: "arn:aws:iam::123456789012:role/execution",
          serverImage: "nats",
          agentImage: "agent",
          agent: {} as never,
          command: ["nats-server"],
          listenerPorts: [4222],
          stopTimeoutSeconds: 120,
        },
      });
    }
    app.synth();
  }
  const apply = () => terraform(folder(), ["apply", "-json", "-auto-approve"]);
  const running = async () => {
    await emulator.control.settled();
    const { tasks } = await emulator.control.state();
    return tasks.map(({ taskDefinition }) => taskDefinition.split("/").at(-1)).sort();
  };

  test("one that ECS rolls back is a failure, the next is not touched, and the same command goes on", async () => {
    synthesize(1024);
    expect(await terraform(folder(), ["init", "-no-color"])).toMatchObject({ code: 0 });
    expect(await apply()).toMatchObject({ code: 0 });
    expect(await running()).toEqual(["test-core-0:1", "test-core-1:1"]);

    await emulator.control.call("POST", "tasks/break", { service: "test-core-0", broken: true });
    synthesize(2048);
    const failed = await apply();
    expect(failed.code).toBe(1);
    expect(failed.errors).toEqual([expect.stringContaining("ECS has rolled test-core-0 back: ")]);
    expect(await running()).toEqual(["test-core-0:1", "test-core-1:1"]);
    const { services } = await ecs<{ services: object[] }>("DescribeServices", { services: ["test-core-0"] });
    expect(services).toMatchObject([
      { runningCount: 1, deployments: [{ rolloutState: "COMPLETED" }], taskDefinition: expect.stringMatching(/:1$/) },
    ]);
    // What Terraform wants is in the state, and a row compares with that.
    const wanted = wantedDefinition(await readStateIn(folder()), "test-core-0");
    expect(wanted).toMatch(/test-core-0:2$/);
    expect(definitionText("a/test-core-0:1", wanted)).toBe(
      "test-core-0:1 instead of test-core-0:2: ECS has rolled it back",
    );

    await emulator.control.call("POST", "tasks/break", { service: "test-core-0", broken: false });
    expect(await apply()).toMatchObject({ code: 0 });
    expect(await running()).toEqual(["test-core-0:2", "test-core-1:2"]);
  });
});
