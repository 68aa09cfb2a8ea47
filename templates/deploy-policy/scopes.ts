import { partitionOf } from "../../model/topology";

/** Where an environment is deployed to on AWS. */
export interface PolicyPlace {
  environment: string;
  /** At least one, all of one partition. */
  regions: readonly string[];
}

/**
 * What the environment's own things are called, by service: their names begin with the environment's. Services that give
 * things names of their own (EC2, EFS, load balancers, Route 53, Cloud Map, ACM, KMS) can only be asked for everything.
 */
const named: Readonly<Record<string, (environment: string) => string[]>> = {
  cloudwatch: (environment) => [`alarm:${environment}-*`, `dashboard/${environment}-*`],
  dynamodb: (environment) => [`table/${environment}-*`],
  ecr: (environment) => [`repository/${environment}/*`],
  ecs: (environment) => [
    `cluster/${environment}`,
    `service/${environment}/*`,
    `task/${environment}/*`,
    `task-definition/${environment}-*`,
  ],
  events: (environment) => [`rule/${environment}-*`],
  iam: (environment) => [`role/${environment}-*`],
  lambda: (environment) => [`function:${environment}-*`],
  logs: (environment) => [`log-group:/natsform/${environment}/*`],
  s3: (environment) => [`${environment}-config-*`],
  secretsmanager: (environment) => [`secret:${environment}-*`, `secret:${environment}/*`],
  sqs: (environment) => [`${environment}-*`],
  ssm: (environment) => [`parameter/natsform/${environment}/*`],
};

/** Actions of these services for which IAM knows no resource, or that are asked before there is one. */
const ofEverything: ReadonlySet<string> = new Set([
  "cloudwatch:DescribeAlarms",
  "ecr:GetAuthorizationToken",
  "ecs:DeregisterTaskDefinition",
  "ecs:DescribeTaskDefinition",
  "ecs:ListTasks",
  "ecs:RegisterTaskDefinition",
  "events:ListRules",
  "logs:DeleteResourcePolicy",
  "logs:DescribeLogGroups",
  "logs:DescribeResourcePolicies",
  "logs:PutResourcePolicy",
  "ssm:DescribeParameters",
]);

/** One endpoint for all regions: the region of a request to them is another one. */
export const isGlobal = (service: string): boolean => ["iam", "route53", "sts"].includes(service);

/** `ec2` of `ec2:DescribeVpcs`. */
export const serviceOf = (action: string): string => action.slice(0, action.indexOf(":"));

export const partitionIn = ({ regions }: PolicyPlace): string => partitionOf(regions[0] ?? "");

/** ARNs that an action is limited to; undefined: it can only be allowed for everything. */
export function scopeOf(action: string, place: PolicyPlace): string[] | undefined {
  const { environment, regions } = place;
  const service = serviceOf(action);
  const names = Object.hasOwn(named, service) ? named[service] : undefined;
  if (!names || ofEverything.has(action)) return undefined;
  const partition = partitionIn(place);
  if (service === "iam") return names(environment).map((name) => `arn:${partition}:iam::*:${name}`);
  // Names of buckets and keys in them are known to the whole partition.
  if (service === "s3")
    return names(environment).flatMap((name) => [`arn:${partition}:s3:::${name}`, `arn:${partition}:s3:::${name}/*`]);
  return regions.flatMap((region) =>
    names(environment).map((name) => `arn:${partition}:${service}:${region}:*:${name}`),
  );
}
