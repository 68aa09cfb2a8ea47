import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { Construct } from "constructs";
import { awsClusterNames, type EcsCluster, type FleetService as Fleet, isBuilt } from "../../model/topology";
import { backlogDimensions } from "../../runtime/backlog/contract";
import { serviceEnvironment } from "../../templates/service-environment";
import type { StackContext } from "./context";
import type { Lookups } from "./lookups";
import { pullFrom } from "./permissions";
import { emptyRole } from "./policy";
import { connectionOf, keySource } from "./program-connection";
import { serviceImage } from "./program-image";
import { ProgramTask, type SecretVariable } from "./program-task";
import { scaledService } from "./scaled-service";

export interface FleetServiceProps {
  context: StackContext;
  cluster: EcsCluster;
  service: Fleet;
  lookups: Lookups;
  securityGroupId: string;
  /** Image of the auth callout, which writes the secrets into files: a service's own may have no Node. */
  secretsImage: string;
}

const mib = 1024 * 1024;

/** A service of the environment: a log of its own, a task that may read its key alone, and as many tasks as it says. */
export class FleetService extends Construct {
  /** Name of the role that its tasks have in AWS, which may do nothing until something is added to it. */
  readonly roleName: string;

  constructor(scope: Construct, id: string, props: FleetServiceProps) {
    super(scope, id);
    const { context, cluster, service, lookups, securityGroupId, secretsImage } = props;
    const { repository } = lookups.names;
    const { environment, topology, trust, settings } = context;
    const name = awsClusterNames(environment.name, cluster.name).program(service.name);
    const logName = `${cluster.name}-${service.name}`;
    // In this stack: it comes and goes with the service, and is there until the last task has ended.
    const log = new CloudwatchLogGroup(this, "log", {
      name: lookups.names.logGroup(logName),
      retentionInDays: environment.logRetentionDays,
      kmsKeyId: lookups.kmsKeyArn,
    });
    const { servers, authorities } = connectionOf(context, cluster, "responder", lookups);
    const { secret } = keySource(context, cluster, lookups, `user-service-${service.name}`);
    const connection = { servers, authorities, login: { secret: { ...secret, isPinned: true } } };
    const built = isBuilt(service)
      ? serviceImage(this, "image", lookups, settings, environment.name, service.name)
      : undefined;
    const own = emptyRole(this, "task-role", {
      name: `${name}-task`,
      description: `Tasks of ${service.name}: what they may do in AWS is added by who runs it`,
      service: "ecs-tasks.amazonaws.com",
      accountId: lookups.accountId,
    });
    this.roleName = own.name;
    const task = new ProgramTask(this, "task", {
      name,
      role: own,
      program: service.name,
      image: service.code.kind === "image" ? service.code.image : (built ?? ""),
      pull: pullFrom([
        ...[repository("auth-callout"), ...(isBuilt(service) ? [lookups.names.serviceRepository] : [])].map(
          lookups.repositoryArn,
        ),
        ...registryArns(service, lookups.partition),
      ]),
      secretsImage,
      logName,
      lookups,
      ...serviceEnvironment<SecretVariable>(topology, trust, service, connection),
      cpu: service.cpu,
      memoryMiB: Math.floor(service.memoryBytes / mib),
      command: service.arguments.length > 0 ? service.arguments : undefined,
      stopTimeout: service.stopTimeoutMs / 1000,
      healthCheck: service.healthCheck && {
        command: ["CMD", ...service.healthCheck.command],
        interval: service.healthCheck.every / 1000,
        timeout: 5,
        retries: 3,
        startPeriod: 60,
      },
    });
    scaledService(this, {
      name,
      task,
      lookups,
      securityGroupId,
      zones: cluster.platform.zones,
      least: service.count,
      scale: service.scale && {
        most: service.scale.most,
        cpu: service.scale.cpu,
        backlog: service.scale.backlog && {
          perProcess: service.scale.backlog.perProcess,
          dimensions: backlogDimensions(environment.name, cluster.name, service.name),
        },
      },
      dependsOn: [log],
    });
  }
}

/** Repository of an image that lies in ECR, in whatever account: its owner has to let it be pulled, too. */
function registryArns({ code }: Fleet, partition: string): string[] {
  const image = code.kind === "image" ? code.image : "";
  const [, account, region, name] = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com\/([^:@]+)/.exec(image) ?? [];
  return name === undefined ? [] : [`arn:${partition}:ecr:${region}:${account}:repository/${name}`];
}
