import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import { json } from "../terraform/json";
import { definedVariables } from "../terraform/program-env";
import { type Container, container, withoutCapabilities } from "./containers";
import type { Lookups } from "./lookups";
import { pullImages, readSecrets, writeLogs } from "./permissions";
import { role } from "./policy";

/** A variable from a secret: all of its text, or one key of the JSON in it. */
export interface SecretVariable {
  secret: string;
  key?: string;
}

export interface ProgramTaskProps {
  /** Family of the task, and start of its role's name. */
  name: string;
  /** Folder in `runtime/`, and name of the container. */
  program: string;
  image: string;
  logName: string;
  lookups: Lookups;
  variables: Record<string, string | undefined>;
  /** Variables that hold secrets: the task definition holds their names alone. */
  secrets: Partial<Record<string, SecretVariable>>;
  cpu: number;
  memoryMiB: number;
  healthCheck?: Container["healthCheck"];
}

/** The task of a program of ours: one container that calls nobody in AWS, so it has no role of its own. */
export class ProgramTask extends Construct {
  readonly definition: EcsTaskDefinition;
  readonly permissions: IamRolePolicy;

  constructor(scope: Construct, id: string, props: ProgramTaskProps) {
    super(scope, id);
    const { name, program, lookups, logName } = props;
    const secrets = Object.entries(props.secrets).flatMap(([variable, from]) =>
      from ? [{ variable, arn: lookups.secretArn(from.secret), key: from.key }] : [],
    );
    const execution = role(this, "execution-role", {
      name: `${name}-start`,
      description: `ECS starts ${program}: its image, its secrets, its logs`,
      service: "ecs-tasks.amazonaws.com",
      accountId: lookups.accountId,
      statements: [
        ...pullImages(lookups, [program]),
        ...readSecrets(lookups, [...new Set(secrets.map(({ arn }) => arn))]),
        writeLogs(lookups, [logName]),
      ],
    });
    this.permissions = execution.permissions;
    this.definition = new EcsTaskDefinition(this, "definition", {
      family: name,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: String(props.cpu),
      memory: String(props.memoryMiB),
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
      executionRoleArn: execution.arn,
      containerDefinitions: json([
        container({
          name: program,
          image: props.image,
          essential: true,
          user: "1000:1000",
          memory: props.memoryMiB,
          environment: definedVariables(props.variables),
          secrets: secrets.map(({ variable, arn, key }) => ({
            name: variable,
            valueFrom: key ? `${arn}:${key}::` : arn,
          })),
          healthCheck: props.healthCheck,
          linuxParameters: withoutCapabilities,
          logGroup: lookups.names.logGroup(logName),
          region: lookups.region,
        }),
      ]),
    });
  }
}
