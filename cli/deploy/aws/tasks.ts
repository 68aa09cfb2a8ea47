import { DescribeNetworkInterfacesCommand, EC2Client } from "@aws-sdk/client-ec2";
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  paginateListTasks,
  type Service,
  type Task,
} from "@aws-sdk/client-ecs";
import { awsNames } from "../../../model/topology";
import { clientConfig, type DeployTarget } from "../target";

/** The active service of that name; ECS lists deleted ones for a while. */
export async function activeService(client: ECSClient, cluster: string, name: string): Promise<Service | undefined> {
  const { services = [] } = await client.send(new DescribeServicesCommand({ cluster, services: [name] }));
  return services.find(({ status }) => status === "ACTIVE");
}

/** Tasks of a service that run, or are about to. */
export async function tasksOf(target: DeployTarget, region: string, serviceName: string): Promise<Task[]> {
  const client = new ECSClient(clientConfig(target, region));
  const cluster = awsNames(target.environment.name, region).ecsCluster;
  const found: Task[] = [];
  for await (const { taskArns: tasks = [] } of paginateListTasks({ client }, { cluster, serviceName })) {
    if (tasks.length > 0)
      found.push(...((await client.send(new DescribeTasksCommand({ cluster, tasks }))).tasks ?? []));
  }
  return found;
}

/** Public addresses of tasks, or private ones where clients are inside the VPC. */
export async function addressesOf(
  target: DeployTarget,
  region: string,
  tasks: readonly Task[],
  kind: "public" | "private",
): Promise<string[]> {
  const details = tasks.flatMap(({ attachments = [] }) => attachments.flatMap(({ details = [] }) => details));
  const ids = details.flatMap(({ name, value }) => (name === "networkInterfaceId" && value ? [value] : []));
  if (ids.length === 0) return [];
  const client = new EC2Client(clientConfig(target, region));
  const { NetworkInterfaces = [] } = await client.send(
    new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: ids }),
  );
  return NetworkInterfaces.flatMap(({ Association, PrivateIpAddress }) => {
    const address = kind === "public" ? Association?.PublicIp : PrivateIpAddress;
    return address ? [address] : [];
  }).sort();
}
