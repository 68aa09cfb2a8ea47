import { Construct } from "constructs";
import type { BackupTopology } from "../../model/topology";
import { BACKUP_DIMENSION, RUN_SECONDS } from "../../runtime/backup/contract";
import { alarm } from "./alarm";
import { isDaily, longestGapDays } from "./backup-schedule";

export const backupNamespace = "natsform/backup";

export interface BackupAlarmsProps {
  name: string;
  backup: BackupTopology;
  /** `ENVIRONMENT/CLUSTER/ACCOUNT`. */
  scope: string;
  topicArn?: string;
}

const daySeconds = 24 * 3600;
const runbook = "docs/runbooks/restore-a-backup.md";

/** Alarms when backups are not made, lose data, or cannot be restored. */
export class BackupAlarms extends Construct {
  constructor(scope: Construct, id: string, { name, backup, scope: whose, topicArn }: BackupAlarmsProps) {
    super(scope, id);
    const common = {
      namespace: backupNamespace,
      dimensions: { [BACKUP_DIMENSION]: whose },
      periodSeconds: daySeconds,
      topicArn,
    } as const;
    alarm(this, "failed", {
      ...common,
      name: `${name}-failed`,
      description: `The last backup of ${whose} is not complete. ${runbook}`,
      metric: "natsform_backup_last_run_ok",
      statistic: "Minimum",
      periods: 1,
      comparison: "below",
      threshold: 1,
      missing: "notBreaching",
    });
    // CloudWatch looks back a week at most: what runs less than daily is seen to fail, and not to be missing.
    if (isDaily(backup.schedule))
      alarm(this, "age", {
        ...common,
        name: `${name}-old`,
        description: `There was no complete backup of ${whose} for two days. ${runbook}`,
        metric: "natsform_backup_last_run_ok",
        statistic: "Maximum",
        periods: 2,
        comparison: "below",
        threshold: 1,
        missing: "breaching",
      });
    alarm(this, "shrunk", {
      ...common,
      name: `${name}-shrunk`,
      description: `A stream of ${whose} is missing, empty, or half of what it was: look before older backups end. ${runbook}`,
      metric: "natsform_backup_shrink_alarms",
      statistic: "Maximum",
      periods: 1,
      comparison: "above",
      threshold: 0,
      missing: "notBreaching",
    });
    if (!backup.drill) return;
    alarm(this, "drill", {
      ...common,
      name: `${name}-drill-failed`,
      description: `The last backup of ${whose} could not be restored as it was. ${runbook}`,
      metric: "natsform_drill_last_run_ok",
      statistic: "Minimum",
      periods: 1,
      comparison: "below",
      threshold: 1,
      missing: "notBreaching",
    });
    const gap = longestGapDays(backup.drill);
    // A drill that never runs, or is killed, tells nothing of itself: the backup tells how long ago one ended well.
    if (gap !== undefined)
      alarm(this, "undrilled", {
        ...common,
        name: `${name}-not-drilled`,
        description: `No drill has proven a backup of ${whose} since the last one was due: it did not run, or did not end. ${runbook}`,
        metric: "natsform_backup_unproven_seconds",
        statistic: "Maximum",
        periods: 1,
        comparison: "above",
        threshold: gap * daySeconds + RUN_SECONDS,
        missing: "notBreaching",
      });
  }
}
