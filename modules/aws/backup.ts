import { Construct } from "constructs";
import { awsClusterNames } from "../../model/topology";
import { backupEnvironment, pruneEnvironment } from "../../templates/backup-environment";
import { type AccountBackupProps, backupScope, scopeOf, storedSite, useBackups } from "./backup-access";
import { BackupAlarms } from "./backup-alarms";
import { drillTask } from "./backup-drill";
import { BackupRule } from "./backup-rule";
import { role } from "./policy";
import { connectionOf } from "./program-connection";
import { ProgramTask } from "./program-task";

/**
 * The backup of one account on the cluster's schedule, the drill of the last one on another, what removes old ones, and
 * alarms.
 */
export class AccountBackup extends Construct {
  /** Of the task that backs up: with another command it restores. */
  readonly taskDefinitionArn: string;

  constructor(scope: Construct, id: string, props: AccountBackupProps) {
    super(scope, id);
    const { context, cluster, backup, account, lookups, securityGroupId } = props;
    const { platform } = cluster;
    const names = awsClusterNames(context.environment.name, cluster.name);
    const name = names.program(`backup-${account.toLowerCase()}`);
    const where = { lookups, securityGroupId };
    const task = backupTask(this, name, props);
    this.taskDefinitionArn = task.definition.arn;
    new BackupRule(this, "schedule", {
      name,
      description: `Backs account ${account} up`,
      schedule: backup.schedule,
      task,
      subnets: lookups.subnets("private", platform.zones),
      publicAddress: false,
      ...where,
    });
    const prune = names.program(`prune-${account.toLowerCase()}`);
    new BackupRule(this, "prune-schedule", {
      name: prune,
      description: `Removes old backups of account ${account}`,
      schedule: backup.schedule,
      task: pruneTask(this, prune, props),
      subnets: lookups.subnets("private", platform.zones),
      publicAddress: false,
      ...where,
    });
    if (backup.drill && cluster.jetstream) {
      const drill = names.program(`drill-${account.toLowerCase()}`);
      const outside = platform.access === "public";
      new BackupRule(this, "drill-schedule", {
        name: drill,
        description: `Proves the last backup of account ${account}`,
        schedule: backup.drill,
        task: drillTask(this, drill, props, cluster.jetstream),
        // The image of nats-server is fetched from where the servers of the cluster fetch it.
        subnets: lookups.subnets(outside ? "public" : "private", platform.zones),
        publicAddress: outside,
        ...where,
      });
    }
    new BackupAlarms(this, "alarms", { name, backup, scope: scopeOf(props), topicArn: platform.alarmTopicArn });
  }
}

function backupTask(scope: Construct, name: string, props: AccountBackupProps): ProgramTask {
  const { context, cluster, account, image, lookups } = props;
  const programEnvironment = backupEnvironment(backupScope(props), {
    ...connectionOf(context, cluster, `backup-${account}`, lookups),
    ...storedSite(props),
  });
  return new ProgramTask(scope, "task", {
    name,
    program: "backup",
    image,
    logName: `${cluster.name}-backup`,
    lookups,
    ...programEnvironment,
    command: ["backup"],
    role: role(scope, "task-role", {
      name: `${name}-task`,
      description: `Adds backups of account ${account}`,
      service: "ecs-tasks.amazonaws.com",
      accountId: lookups.accountId,
      statements: useBackups(props, "add"),
    }),
    cpu: 256,
    memoryMiB: 1024,
  });
}

/** A task of its own, since its role may do what that of the backup must not. */
function pruneTask(scope: Construct, name: string, props: AccountBackupProps): ProgramTask {
  const { cluster, account, image, lookups } = props;
  return new ProgramTask(scope, "prune-task", {
    name,
    program: "backup",
    image,
    logName: `${cluster.name}-backup`,
    lookups,
    ...pruneEnvironment(backupScope(props), storedSite(props)),
    command: ["prune"],
    role: role(scope, "prune-task-role", {
      name: `${name}-task`,
      description: `Removes old backups of account ${account}`,
      service: "ecs-tasks.amazonaws.com",
      accountId: lookups.accountId,
      statements: useBackups(props, "remove"),
    }),
    cpu: 256,
    memoryMiB: 512,
  });
}
