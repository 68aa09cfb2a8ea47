import type { Construct } from "constructs";
import { type JetStreamTopology, ports, serverImage } from "../../model/topology";
import { drillEnvironment } from "../../templates/backup-environment";
import { type AccountBackupProps, backupScope, storedSite, useBackups } from "./backup-access";
import { type Container, container, withoutCapabilities } from "./containers";
import { role } from "./policy";
import { ProgramTask } from "./program-task";

const user = "1000:1000";
const scratch = { sourceVolume: "scratch", containerPath: "/scratch", readOnly: false };
const memoryMiB = { task: 2048, program: 768, server: 1024, prepare: 64 };

/**
 * Tests the last backup of an account in a task that has all it needs: a nats-server of its own, which no other client
 * reaches and which ends with the task. The task has no credentials for NATS.
 */
export function drillTask(
  scope: Construct,
  name: string,
  props: AccountBackupProps,
  { fileBytes }: JetStreamTopology,
): ProgramTask {
  const { cluster, account, image, lookups } = props;
  const programEnvironment = drillEnvironment(backupScope(props), {
    ...storedSite(props),
    server: `nats://127.0.0.1:${ports.client}`,
  });
  return new ProgramTask(scope, "drill-task", {
    name,
    program: "backup",
    image,
    logName: `${cluster.name}-backup`,
    lookups,
    ...programEnvironment,
    command: ["drill"],
    role: role(scope, "drill-task-role", {
      name: `${name}-task`,
      description: `Proves backups of account ${account}`,
      service: "ecs-tasks.amazonaws.com",
      accountId: lookups.accountId,
      statements: useBackups(props, "prove"),
    }),
    cpu: 512,
    memoryMiB: memoryMiB.program,
    sidecars: {
      memoryMiB: memoryMiB.task - memoryMiB.program,
      containers: sidecars(props),
      volume: scratch.sourceVolume,
      diskGiB: diskGiB(fileBytes),
    },
  });
}

/**
 * A server keeps the snapshot that it is sent until it has unpacked it. Fargate has 21 to 200 GiB: a stream of more than
 * half of that cannot be drilled there.
 */
const diskGiB = (fileBytes: number) => Math.min(200, Math.max(21, Math.ceil((2 * fileBytes) / 2 ** 30)));

function sidecars({ context, cluster, lookups }: AccountBackupProps): Container[] {
  const log = { logGroup: lookups.names.logGroup(`${cluster.name}-backup`), region: lookups.region };
  const image = serverImage(context.topology.nats, cluster.platform);
  return [
    // Fargate's volumes belong to root.
    container({
      name: "prepare",
      image,
      essential: false,
      user: "0:0",
      memory: memoryMiB.prepare,
      entryPoint: ["chown", user, scratch.containerPath],
      mountPoints: [scratch],
      ...log,
    }),
    // It ends when the program does: only that one is essential.
    container({
      name: "nats",
      image,
      essential: false,
      user,
      memory: memoryMiB.server,
      entryPoint: ["nats-server"],
      command: ["-a", "127.0.0.1", "-p", String(ports.client), "-js", "-sd", scratch.containerPath],
      environment: { GOMEMLIMIT: `${Math.floor(memoryMiB.server * 0.8)}MiB` },
      mountPoints: [scratch],
      dependsOn: [{ containerName: "prepare", condition: "SUCCESS" }],
      linuxParameters: withoutCapabilities,
      ...log,
    }),
  ];
}
