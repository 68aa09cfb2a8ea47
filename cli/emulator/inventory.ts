import { type Aws, type AwsAddress, connectAws, type JsonService } from "./aws";

interface Listing {
  what: string;
  /** Names of the existing resources. */
  list(aws: Aws, region: string): Promise<string[]>;
}

const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = ""]) => name);

function json(what: string, service: JsonService, action: string, key: string, name?: string): Listing {
  return {
    what,
    list: async (aws, region) => {
      const output = await aws.json<Record<string, unknown>>(region, service, action, {});
      const items = (output[key] ?? []) as (string | Record<string, string>)[];
      return items.map((item) => (typeof item === "string" ? item : (item[name ?? ""] ?? "?")));
    },
  };
}

const ec2 = (what: string, action: string, pattern: RegExp): Listing => ({
  what,
  list: async (aws, region) => all(await aws.ec2(region, action, {}), pattern),
});

const path = (what: string, service: string, url: string, pattern: RegExp): Listing => ({
  what,
  list: async (aws, region) => all(await (await aws.send(region, service, url)).text(), pattern),
});

/** Kinds of resources that a deployment creates. A new emulated account has none or known ones. */
const listings: Listing[] = [
  { what: "ECS clusters", list: activeClusters },
  json("task definitions", "ecs", "ListTaskDefinitions", "taskDefinitionArns"),
  json("secrets", "secretsmanager", "ListSecrets", "SecretList", "Name"),
  json("image repositories", "ecr", "DescribeRepositories", "repositories", "repositoryName"),
  json("rules", "events", "ListRules", "Rules", "Name"),
  json("log groups", "logs", "DescribeLogGroups", "logGroups", "logGroupName"),
  json("namespaces", "servicediscovery", "ListNamespaces", "Namespaces", "Name"),
  json("discovery services", "servicediscovery", "ListServices", "Services", "Name"),
  json("queues", "sqs", "ListQueues", "QueueUrls"),
  json("tables", "dynamodb", "ListTables", "TableNames"),
  json("key aliases", "kms", "ListAliases", "Aliases", "AliasName"),
  ec2("VPCs", "DescribeVpcs", /<vpcId>([^<]+)</g),
  ec2("subnets", "DescribeSubnets", /<subnetId>([^<]+)</g),
  { what: "network interfaces", list: usedInterfaces },
  ec2("addresses", "DescribeAddresses", /<publicIp>([^<]+)</g),
  ec2("security groups", "DescribeSecurityGroups", /<groupName>([^<]+)</g),
  path("functions", "lambda", "/2015-03-31/functions", /"FunctionName": ?"([^"]+)"/g),
  // moto makes a zone for a private namespace under a name of its own, and forgets it when the namespace goes.
  path("hosted zones", "route53", "/2013-04-01/hostedzone", /<Name>([^<]+)(?<!-hz)</g),
  path("buckets", "s3", "/", /<Name>([^<]+)</g),
  path("roles", "iam", "/?Action=ListRoles&Version=2010-05-08", /<RoleName>([^<]+)</g),
];

/** Clusters that were deleted are still listed for a while, on AWS too. */
async function activeClusters(aws: Aws, region: string): Promise<string[]> {
  const { clusterArns } = await aws.json<{ clusterArns: string[] }>(region, "ecs", "ListClusters", {});
  const { clusters } = await aws.json<{ clusters: { clusterName: string; status: string }[] }>(
    region,
    "ecs",
    "DescribeClusters",
    { clusters: clusterArns },
  );
  return clusters.filter(({ status }) => status !== "INACTIVE").map(({ clusterName }) => clusterName);
}

/** moto keeps the interface of a NAT gateway that was deleted. */
async function usedInterfaces(aws: Aws, region: string): Promise<string[]> {
  const id = /<networkInterfaceId>([^<]+)</g;
  const gateways = (await aws.ec2(region, "DescribeNatGateways", {})).split("<natGatewayAddressSet>");
  const deleted = gateways.filter((text) => text.includes("<state>deleted</state>")).flatMap((text) => all(text, id));
  return all(await aws.ec2(region, "DescribeNetworkInterfaces", {}), id).filter((found) => !deleted.includes(found));
}

/** All resources of those kinds, as `kind: name`, including those of a new account. */
export async function inventory(address: AwsAddress, region: string): Promise<string[]> {
  const aws = connectAws(address);
  const found = await Promise.all(
    listings.map(async ({ what, list }) => (await list(aws, region)).map((name) => `${what}: ${name}`)),
  );
  return found.flat().sort();
}
