/** Container definitions of a task, in ECS's own spelling: Terraform takes them as JSON. */
export interface Container {
  name: string;
  image: string;
  essential: boolean;
  user?: string;
  entryPoint?: string[];
  command?: string[];
  environment?: { name: string; value: string }[];
  secrets?: { name: string; valueFrom: string }[];
  portMappings?: { containerPort: number; hostPort: number; protocol: "tcp" }[];
  mountPoints?: { sourceVolume: string; containerPath: string; readOnly: boolean }[];
  dependsOn?: { containerName: string; condition: "START" | "COMPLETE" | "SUCCESS" | "HEALTHY" }[];
  healthCheck?: { command: string[]; interval: number; timeout: number; retries: number; startPeriod?: number };
  systemControls?: { namespace: string; value: string }[];
  ulimits?: { name: string; softLimit: number; hardLimit: number }[];
  restartPolicy?: { enabled: boolean; restartAttemptPeriod?: number };
  stopTimeout?: number;
  /** MiB. */
  memory: number;
  linuxParameters?: { capabilities?: { drop: string[] }; initProcessEnabled?: boolean };
  readonlyRootFilesystem: boolean;
  privileged: false;
  logConfiguration: { logDriver: "awslogs"; options: Record<string, string> };
  volumesFrom: [];
}

/**
 * Limits every container: no gain of privileges, a read-only root file system, and logs that never block the program.
 */
export function container(
  props: Omit<
    Container,
    "readonlyRootFilesystem" | "privileged" | "volumesFrom" | "logConfiguration" | "environment"
  > & {
    logGroup: string;
    region: string;
    environment?: Record<string, string>;
  },
): Container {
  const { logGroup, region, environment = {}, ...rest } = props;
  return {
    ...rest,
    environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
    privileged: false,
    readonlyRootFilesystem: true,
    volumesFrom: [],
    logConfiguration: {
      logDriver: "awslogs",
      options: {
        "awslogs-group": logGroup,
        "awslogs-region": region,
        "awslogs-stream-prefix": props.name,
        mode: "non-blocking",
        "max-buffer-size": "4m",
      },
    },
  };
}

/** No program of ours needs a capability of the kernel. */
export const withoutCapabilities = { capabilities: { drop: ["ALL"] } };
