import { EC2Client, paginateDescribeVpcs } from "@aws-sdk/client-ec2";
import { DescribeClustersCommand, ECSClient } from "@aws-sdk/client-ecs";
import { awsNames } from "../../../model/topology";
import { clientConfig, type DeployTarget } from "../target";

/** Networks and ECS clusters of a region that carry the environment's tag: a foundation that somebody has deployed. */
export async function foundationsOf(target: DeployTarget, region: string): Promise<string[]> {
  const { name } = target.environment;
  const tag = "natsform:environment";
  const [ec2, ecs] = [new EC2Client(clientConfig(target, region)), new ECSClient(clientConfig(target, region))];
  try {
    const found: string[] = [];
    const Filters = [{ Name: `tag:${tag}`, Values: [name] }];
    for await (const { Vpcs = [] } of paginateDescribeVpcs({ client: ec2 }, { Filters }))
      found.push(...Vpcs.map(({ VpcId, CidrBlock }) => `${VpcId} (${CidrBlock}) in ${region}`));
    const { ecsCluster } = awsNames(name, region);
    const { clusters = [] } = await ecs.send(
      new DescribeClustersCommand({ clusters: [ecsCluster], include: ["TAGS"] }),
    );
    const own = clusters.filter(
      ({ status, tags = [] }) => status === "ACTIVE" && tags.some(({ key, value }) => key === tag && value === name),
    );
    return [...found, ...own.map(({ clusterName }) => `ECS cluster ${clusterName} in ${region}`)];
  } finally {
    ec2.destroy();
    ecs.destroy();
  }
}
