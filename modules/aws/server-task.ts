import { EcsTaskDefinition } from "@cdktf/provider-aws/lib/ecs-task-definition";
import { Construct } from "constructs";
import { imageProgram } from "../../artifacts/code-image";
import { ports } from "../../model/topology";
import type { CertificateAgentEnv } from "../../runtime/certificate-agent/env";
import { definedVariables, type ProgramEnv } from "../../templates/program-environment";
import { json } from "../terraform/json";
import { type Container, container, withoutCapabilities } from "./containers";

export interface ServerTaskProps {
  family: string;
  region: string;
  logGroup: string;
  /** CPU units and MiB of the whole task. */
  cpu: number;
  memoryMiB: number;
  /** Disk of the task, GiB; without it, Fargate's own 20. */
  ephemeralStorageGiB?: number;
  /** File system that keeps the data when the task ends. */
  efs?: { fileSystemId: string; accessPointId: string };
  taskRoleArn: string;
  executionRoleArn: string;
  serverImage: string;
  agentImage: string;
  agent: ProgramEnv<typeof CertificateAgentEnv>;
  /** Runs nats-server and turns TERM into lame duck mode. */
  command: string[];
  listenerPorts: readonly number[];
  stopTimeoutSeconds: number;
}

/** User of server and agent: the agent signals the server, and the server reads what the agent writes. */
export const serverUser = 1000;
const user = `${serverUser}:${serverUser}`;
const agentMemory = 256;
const prepareMemory = 64;
const volumes = { config: "/etc/nats", run: "/run/nats", data: "/data" };

/** The task of one server: the server itself, and the agent that fetches its configuration and certificates. */
export class ServerTask extends Construct {
  readonly definition: EcsTaskDefinition;

  constructor(scope: Construct, id: string, props: ServerTaskProps) {
    super(scope, id);
    const { efs } = props;
    this.definition = new EcsTaskDefinition(this, "definition", {
      family: props.family,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      // One space of processes, so that the agent can signal the server.
      pidMode: "task",
      cpu: String(props.cpu),
      memory: String(props.memoryMiB),
      ephemeralStorage: props.ephemeralStorageGiB ? { sizeInGib: props.ephemeralStorageGiB } : undefined,
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
      taskRoleArn: props.taskRoleArn,
      executionRoleArn: props.executionRoleArn,
      volume: [
        { name: "config" },
        { name: "run" },
        {
          name: "data",
          efsVolumeConfiguration: efs && {
            fileSystemId: efs.fileSystemId,
            transitEncryption: "ENABLED",
            authorizationConfig: { accessPointId: efs.accessPointId, iam: "ENABLED" },
          },
        },
      ],
      containerDefinitions: json([prepare(props), agent(props), server(props)]),
    });
  }
}

const mounts = (names: (keyof typeof volumes)[], readOnly: (keyof typeof volumes)[] = []) =>
  names.map((name) => ({
    sourceVolume: name,
    containerPath: volumes[name],
    readOnly: readOnly.includes(name),
  }));

/** Fargate's volumes belong to root, so one container changes their owner before the others start, and ends. */
function prepare({ serverImage, logGroup, region, efs }: ServerTaskProps): Container {
  // An access point of EFS has its owner already.
  const names: (keyof typeof volumes)[] = efs ? ["config", "run"] : ["config", "run", "data"];
  return container({
    name: "prepare",
    image: serverImage,
    essential: false,
    user: "0:0",
    memory: prepareMemory,
    entryPoint: ["chown", user, ...names.map((name) => volumes[name])],
    mountPoints: mounts(names),
    logGroup,
    region,
  });
}

function agent({ agentImage, agent, logGroup, region }: ServerTaskProps): Container {
  return container({
    name: "agent",
    image: agentImage,
    // A server goes on without its agent, so an agent that ends is started again and takes nothing down.
    essential: false,
    restartPolicy: { enabled: true, restartAttemptPeriod: 60 },
    user,
    memory: agentMemory,
    environment: definedVariables(agent),
    mountPoints: mounts(["config", "run", "data"], ["run", "data"]),
    dependsOn: [{ containerName: "prepare", condition: "SUCCESS" }],
    healthCheck: {
      command: ["CMD", "node", imageProgram, "health"],
      interval: 5,
      timeout: 5,
      retries: 10,
      startPeriod: 300,
    },
    linuxParameters: withoutCapabilities,
    logGroup,
    region,
  });
}

function server(props: ServerTaskProps): Container {
  const { serverImage, command, listenerPorts, memoryMiB, stopTimeoutSeconds, logGroup, region } = props;
  const memory = memoryMiB - agentMemory - prepareMemory;
  return container({
    name: "nats",
    image: serverImage,
    essential: true,
    user,
    memory,
    entryPoint: command,
    // Go collects garbage more eagerly near it, before the kernel ends the server.
    environment: { GOMEMLIMIT: `${Math.floor(memory * 0.9)}MiB` },
    portMappings: listenerPorts.map((port) => ({ containerPort: port, hostPort: port, protocol: "tcp" })),
    mountPoints: mounts(["config", "run", "data"], ["config"]),
    dependsOn: [{ containerName: "agent", condition: "HEALTHY" }],
    healthCheck: {
      // It fails when a full disk has switched JetStream off: no other probe sees that.
      command: ["CMD-SHELL", `wget -q -T 4 -O /dev/null "${health}" || exit 1`],
      interval: 10,
      timeout: 5,
      retries: 3,
      startPeriod: 60,
    },
    systemControls: listenerPorts.some((port) => port < 1024)
      ? [{ namespace: "net.ipv4.ip_unprivileged_port_start", value: "0" }]
      : undefined,
    ulimits: [{ name: "nofile", softLimit: 1_048_576, hardLimit: 1_048_576 }],
    stopTimeout: stopTimeoutSeconds,
    linuxParameters: withoutCapabilities,
    logGroup,
    region,
  });
}

const health = `http://127.0.0.1:${ports.monitoring}/healthz?js-enabled-only=true`;
