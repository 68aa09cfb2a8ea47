import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { Construct } from "constructs";
import { definedVariables } from "../../templates/program-environment";
import { json } from "../terraform/json";
import { type Container, container, withoutCapabilities } from "./containers";
import type { Lookups } from "./lookups";
import { pullImages, readSecrets, writeLogs } from "./permissions";
import { type EmptyRole, type Role, role, type Statement } from "./policy";
import { secretFiles, secretFilesMemory } from "./secret-files";

const user = 1000;

/** A value from a secret: all of its text, or one key of the JSON in it. */
export interface SecretVariable {
  secret: string;
  key?: string;
  /** True where a new version of it is a new task definition, so that it comes to tasks one after another. */
  isPinned?: boolean;
}

export interface ProgramTaskProps {
  /** Family of the task, and start of its role's name. */
  name: string;
  /** Name of the container: of a program its folder in `runtime/`. */
  program: string;
  image: string;
  /** Statements that let ECS pull the image. @default from the program's own repository */
  pull?: Statement[];
  /** Image with Node that writes the secrets into files. @default the program's own */
  secretsImage?: string;
  logName: string;
  lookups: Lookups;
  variables: Record<string, string | undefined>;
  /** Secrets by the variables that take them. The program finds each in the file that `VARIABLE_FILE` names. */
  secrets: Partial<Record<string, SecretVariable>>;
  cpu: number;
  /** Of the task, but for its sidecars. */
  memoryMiB: number;
  healthCheck?: Container["healthCheck"];
  /** Ports that a balancer reaches. */
  containerPorts?: readonly number[];
  /** Seconds between the request to stop and the end. @default ECS's own 30 */
  stopTimeout?: number;
  /** Arguments of the program. */
  command?: string[];
  /** Role of the program in AWS. @default none */
  role?: Role | EmptyRole;
  /** Containers that help it, with memory of their own and a volume that they share. */
  sidecars?: { containers: Container[]; memoryMiB: number; volume: string; diskGiB: number };
}

/** The task of one of natsform's programs. */
export class ProgramTask extends Construct {
  readonly definition: EcsTaskDefinition;
  /** ARNs of the roles that the starter of the task must be allowed to pass. */
  readonly roleArns: string[];
  /** Policies that must exist before the task is started. */
  readonly permissions: IamRolePolicy[];

  constructor(scope: Construct, id: string, props: ProgramTaskProps) {
    super(scope, id);
    const { name, program, image, lookups, logName, sidecars } = props;
    const log = { logGroup: lookups.names.logGroup(logName), region: lookups.region };
    const secrets = Object.entries(props.secrets).flatMap(([variable, from]) =>
      from
        ? [
            {
              variable,
              arn: lookups.secretArn(from.secret),
              key: from.key,
              version: from.isPinned ? lookups.secretVersion(from.secret) : undefined,
            },
          ]
        : [],
    );
    const execution = role(this, "execution-role", {
      name: `${name}-start`,
      description: `ECS starts ${program}: its image, its secrets, its logs`,
      service: "ecs-tasks.amazonaws.com",
      accountId: lookups.accountId,
      statements: [
        ...(props.pull ?? pullImages(lookups, [lookups.names.repository(program)])),
        ...readSecrets(lookups, [...new Set(secrets.map(({ arn }) => arn))]),
        writeLogs(lookups, [logName]),
      ],
    });
    const roles = [execution, ...(props.role ? [props.role] : [])];
    this.permissions = roles.flatMap((one) => ("permissions" in one ? [one.permissions] : []));
    this.roleArns = roles.map(({ arn }) => arn);
    const files =
      secrets.length > 0
        ? secretFiles({
            secrets: secrets.map(({ variable, arn, key = "", version = "" }) => ({
              variable,
              valueFrom: key || version ? `${arn}:${key}::${version}` : arn,
            })),
            image: props.secretsImage ?? image,
            user,
            ...log,
          })
        : undefined;
    const volumes = [...(files ? [files.volume] : []), ...(sidecars ? [{ name: sidecars.volume }] : [])];
    this.definition = new EcsTaskDefinition(this, "definition", {
      family: name,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: String(props.cpu),
      memory: String(props.memoryMiB + (sidecars?.memoryMiB ?? 0)),
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
      executionRoleArn: execution.arn,
      taskRoleArn: props.role?.arn,
      ...(volumes.length > 0 && { volume: volumes }),
      ...(sidecars && { ephemeralStorage: { sizeInGib: sidecars.diskGiB } }),
      containerDefinitions: json([
        container({
          name: program,
          image,
          command: props.command,
          essential: true,
          user: `${user}:${user}`,
          memory: props.memoryMiB - (files ? secretFilesMemory : 0),
          environment: { ...definedVariables(props.variables), ...files?.variables },
          ...files?.reader,
          healthCheck: props.healthCheck,
          ...(props.containerPorts && {
            portMappings: props.containerPorts.map((port) => ({
              containerPort: port,
              hostPort: port,
              protocol: "tcp" as const,
            })),
          }),
          ...(props.stopTimeout !== undefined && { stopTimeout: props.stopTimeout }),
          linuxParameters: withoutCapabilities,
          ...log,
        }),
        ...(files ? [files.writer] : []),
        ...(sidecars?.containers ?? []),
      ]),
    });
  }
}
