import type { Alert } from "./alert";
import { cronJobMetrics as metric } from "./metrics";
import type { MonitoringTargets } from "./monitoring-targets";

const hour = 3600;
const day = 24 * hour;

/** Time at which a CronJob last succeeded, or was made while it has never succeeded. */
const succeeded = (of: string) => `(${metric.succeeded}${of} or ${metric.created}${of})`;

/** Alerts when scheduled jobs fail: renewals, backups, drills, and the removal of old backups. The metrics are kube-state-metrics'. */
export function jobAlerts(targets: MonitoringTargets): Alert[] {
  const { namespace, renewal, backups, drills, prunes } = targets;
  const of = (cronJob: string) => `{namespace="${namespace}",cronjob=~"${cronJob}"}`;
  const every = [renewal?.cronJob, backups, drills, prunes].filter((name) => name !== undefined);
  if (every.length === 0) return [];
  return [
    ...(renewal ? renewalAlerts(of(renewal.cronJob), renewal.marginSeconds) : []),
    ...(backups ? backupAlerts(of(backups)) : []),
    ...(drills
      ? [
          failing(
            "NatsRestoreDrillFails",
            of(drills),
            "the restore drill {{ $labels.cronjob }} has failed: the last backup may be none",
          ),
        ]
      : []),
    ...(prunes
      ? [failing("NatsBackupsNotPruned", of(prunes), "{{ $labels.cronjob }} has failed: old backups are not removed")]
      : []),
    {
      name: "NatsJobSuspended",
      severity: "warning",
      expr: `${metric.suspended}${of(every.join("|"))} > 0`,
      for: "1h",
      summary: "{{ $labels.cronjob }} is suspended",
    },
    {
      name: "NatsJobsNotWatched",
      severity: "warning",
      expr: `absent(${metric.created}${of(every.join("|"))})`,
      for: "30m",
      summary: "kube-state-metrics has no metrics of the scheduled jobs: a failed one would raise no alert",
    },
  ];
}

/** The run that was due last has not succeeded, whatever the schedule is. */
const failing = (name: string, of: string, summary: string): Alert => ({
  name,
  severity: "warning",
  expr: `${metric.scheduled}${of} > ${succeeded(of)}`,
  for: "2h",
  summary,
});

function renewalAlerts(of: string, marginSeconds: number): Alert[] {
  const since = `time() - ${succeeded(of)}`;
  return [
    {
      name: "NatsCertificatesNotRenewed",
      severity: "warning",
      expr: `${since} > ${Math.min(day, Math.floor(marginSeconds / 4))}`,
      for: "5m",
      summary: "certificates were last seen to be valid and served {{ $value | humanizeDuration }} ago",
    },
    {
      name: "NatsCertificatesExpire",
      severity: "critical",
      // A certificate that was due when the job failed first has this much left of its life again.
      expr: `${since} > ${Math.floor(marginSeconds / 2)}`,
      for: "5m",
      summary: `certificates may end within ${Math.floor(marginSeconds / 2 / hour)} hours: they have not been renewed for {{ $value | humanizeDuration }}`,
    },
  ];
}

const backupAlerts = (of: string): Alert[] => [
  failing("NatsBackupFails", of, "the last backup of {{ $labels.cronjob }} has failed"),
  {
    name: "NatsBackupOld",
    severity: "critical",
    expr: `time() - ${succeeded(of)} > 2 * (${metric.next}${of} - ${metric.scheduled}${of})`,
    for: "1h",
    summary:
      "the newest backup of {{ $labels.cronjob }} is {{ $value | humanizeDuration }} old: more than two turns of its schedule",
  },
];
