import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { Construct } from "constructs";
import type { EcsCluster } from "../../model/topology";
import { awsClusterNames, type Topology } from "../../model/topology";
import { serverSecrets } from "./agent-environment";
import type { Lookups } from "./lookups";
import { decryptVia, pullImages, readSecrets, writeLogs } from "./permissions";
import { role, type Statement } from "./policy";

export interface ServerRolesProps {
  topology: Topology;
  cluster: EcsCluster;
  lookups: Lookups;
  /** Permissions of the tasks besides reading their configuration. */
  further: readonly Statement[];
}

export interface ServerRoles {
  taskRoleArn: string;
  executionRoleArn: string;
  /** Policies that must exist before a task starts. */
  permissions: IamRolePolicy[];
}

/** Roles of the servers' tasks, and of ECS to start them. */
export function serverRoles(scope: Construct, { topology, cluster, lookups, further }: ServerRolesProps): ServerRoles {
  const { prefix, configKey, configDigests } = awsClusterNames(topology.environment, cluster.name);
  const { accountId, partition } = lookups;
  const servers = cluster.servers.map(({ name }) => name);
  const configs = servers.map((name) => `arn:${partition}:s3:::${lookups.configBucket}/${configKey(name)}`);
  const secrets = serverSecrets(topology, cluster).map((name) => lookups.secretArn(name));
  const service = "ecs-tasks.amazonaws.com";
  const task = role(scope, "task-role", {
    name: `${prefix}-server`,
    description: "Servers read their configuration, certificates and credentials",
    service,
    accountId,
    statements: [
      // Older versions, too: a task that is started again needs the configuration that it was made for.
      { Action: ["s3:GetObject", "s3:GetObjectVersion"], Resource: configs },
      {
        Action: ["s3:ListBucketVersions"],
        Resource: [`arn:${partition}:s3:::${lookups.configBucket}`],
        Condition: { StringEquals: { "s3:prefix": servers.map(configKey) } },
      },
      {
        Action: ["ssm:GetParameterHistory"],
        Resource: servers.map((name) => lookups.parameterArn(configDigests(name))),
      },
      // Detects a new value by its version, without reading it.
      { Action: ["secretsmanager:DescribeSecret"], Resource: secrets },
      decryptVia(lookups, "s3"),
      ...readSecrets(lookups, secrets),
      ...further,
    ],
  });
  const execution = role(scope, "execution-role", {
    name: `${prefix}-server-start`,
    description: "ECS pulls images and writes logs for the servers",
    service,
    accountId,
    statements: [...pullImages(lookups, ["certificate-agent"]), writeLogs(lookups, servers)],
  });
  return {
    taskRoleArn: task.arn,
    executionRoleArn: execution.arn,
    permissions: [task.permissions, execution.permissions],
  };
}
