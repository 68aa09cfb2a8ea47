import {
  AllocateAddressCommand,
  AssociateAddressCommand,
  CreateSubnetCommand,
  CreateVpcCommand,
  EC2Client,
  ModifyVpcAttributeCommand,
} from "@aws-sdk/client-ec2";
import {
  CreateClusterCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import type { EmulatedAws } from "./dns-cloud";

export const ecsCluster = "demo";

/** A server's task with its public address. */
export interface RunningServer {
  arn: string;
  address: string;
}

/** Makes an ECS cluster in a network. moto starts no tasks for services: each is run by hand, in its service's group. */
export async function buildServers(aws: EmulatedAws) {
  const [ecs, ec2] = [new ECSClient(aws), new EC2Client(aws)];
  // A task of moto's moves on each time it is looked at, down to its end, unless that is left to a test.
  const transition = { model_name: "ecs::task", transition: { progression: "manual", times: 1_000_000 } };
  const url = `${aws.endpoint}/moto-api/state-manager/set-transition`;
  const set = await fetch(url, { method: "POST", body: JSON.stringify(transition) });
  if (!set.ok) throw new Error(`moto's tasks cannot be held: ${set.status}`);

  const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.0.0.0/16" }));
  await ec2.send(new ModifyVpcAttributeCommand({ VpcId: Vpc?.VpcId, EnableDnsHostnames: { Value: true } }));
  const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "10.0.1.0/24" }));
  await ecs.send(new CreateClusterCommand({ clusterName: ecsCluster }));
  const containerDefinitions = [{ name: "server", image: "nats", memory: 512 }];
  const fargate = { requiresCompatibilities: ["FARGATE" as const], cpu: "256", memory: "512" };
  await ecs.send(
    new RegisterTaskDefinitionCommand({ family: "server", networkMode: "awsvpc", ...fargate, containerDefinitions }),
  );
  const awsvpcConfiguration = { subnets: [Subnet?.SubnetId ?? ""], securityGroups: [] };
  return {
    async runServer(service: string): Promise<RunningServer> {
      const command = new RunTaskCommand({
        cluster: ecsCluster,
        taskDefinition: "server",
        launchType: "FARGATE",
        group: `service:${service}`,
        networkConfiguration: { awsvpcConfiguration },
      });
      const { tasks: [task] = [] } = await ecs.send(command);
      const id = task?.attachments?.[0]?.details?.find(({ name }) => name === "networkInterfaceId")?.value;
      const { AllocationId, PublicIp } = await ec2.send(new AllocateAddressCommand({ Domain: "vpc" }));
      await ec2.send(new AssociateAddressCommand({ AllocationId, NetworkInterfaceId: id }));
      if (!task?.taskArn || !PublicIp) throw new Error("moto runs no task with a public address");
      return { arn: task.taskArn, address: PublicIp };
    },
    async stopServer({ arn }: RunningServer): Promise<void> {
      await ecs.send(new StopTaskCommand({ cluster: ecsCluster, task: arn }));
    },
  };
}
