import type { Alert } from "./alert";
import { exporterMetrics, jetstreamMetrics as metric, volumeMetrics } from "./metrics";
import { type MonitoringTargets, serversOf } from "./monitoring-targets";

const byStream = "by (account_id, account_name, stream_name)";
const withoutLeader = (label: string) => [`${label}=""`, `is_${label}="false"`];

/** Alerts when streams lack a leader, current replicas, or space. */
export function jetstreamAlerts(targets: MonitoringTargets): Alert[] {
  const { namespace, cluster, servers } = targets;
  const of = serversOf(targets);
  const claims = `{namespace="${namespace}",persistentvolumeclaim=~"${cluster}-(js|resolver)-${cluster}-[0-9]+"}`;
  const alerts: Alert[] = [
    {
      name: "NatsJetStreamDisabled",
      severity: "critical",
      expr: `max by (pod) (${metric.disabled}${of}) > 0`,
      for: "1m",
      summary: "{{ $labels.pod }} has switched JetStream off, as it does when its disk is full",
    },
    {
      name: "NatsUnhealthy",
      severity: "warning",
      expr: `max by (pod) (${exporterMetrics.unhealthy}${of}) > 0`,
      for: "15m",
      summary: "a stream or consumer on {{ $labels.pod }} is not current",
    },
    {
      name: "NatsStorageNearLimit",
      severity: "warning",
      expr: `max by (pod) (${metric.storage}${of} / ${metric.maxStorage}${of}) > 0.85`,
      for: "10m",
      summary: "streams take {{ $value | humanizePercentage }} of the storage that {{ $labels.pod }} may use",
    },
    {
      name: "NatsMemoryStoreNearLimit",
      severity: "warning",
      expr: `max by (pod) (${metric.memory}${of} / ${metric.maxMemory}${of}) > 0.85`,
      for: "10m",
      summary: "streams take {{ $value | humanizePercentage }} of the memory that {{ $labels.pod }} may use for them",
    },
    {
      name: "NatsVolumeNearlyFull",
      severity: "critical",
      expr: `max by (persistentvolumeclaim) (1 - ${volumeMetrics.available}${claims} / ${volumeMetrics.capacity}${claims}) > 0.95`,
      for: "5m",
      summary: "volume {{ $labels.persistentvolumeclaim }} is full to {{ $value | humanizePercentage }}",
    },
  ];
  return servers === 1 ? alerts : [...alerts, ...replicaAlerts(targets)];
}

function replicaAlerts(targets: MonitoringTargets): Alert[] {
  const of = serversOf(targets);
  return [
    {
      name: "NatsNoMetaLeader",
      severity: "critical",
      expr: `count by (pod) (${metric.server}${serversOf(targets, ...withoutLeader("meta_leader"))}) > 0`,
      for: "1m",
      summary: "{{ $labels.pod }} knows no leader of the cluster: no stream is created, changed or moved",
    },
    {
      name: "NatsStreamWithoutLeader",
      severity: "critical",
      expr: `count ${byStream} (${metric.messages}${serversOf(targets, ...withoutLeader("stream_leader"))}) > 0`,
      for: "2m",
      summary: "{{ $value }} servers know no leader of stream {{ $labels.stream_name }}: it may store nothing",
    },
    {
      name: "NatsReplicaBehind",
      severity: "warning",
      // Not by so many messages: what is much for one stream is a moment for another.
      expr: `min ${byStream} (${metric.lastSequence}${of}) < max ${byStream} (${metric.lastSequence}${of} offset 5m)`,
      for: "10m",
      summary: "a replica of stream {{ $labels.stream_name }} does not hold what was stored five minutes ago",
    },
    ...missingReplicas(targets),
  ];
}

/** Alert for missing replicas: the exporter has no number of desired ones, the configuration has. */
function missingReplicas(targets: MonitoringTargets): Alert[] {
  const { replicated } = targets;
  if (replicated.length === 0) return [];
  const few = replicated.map(({ replicas, streams }) => {
    const named = `stream_name=~"${streams.join("|")}"`;
    const each = `count by (account_id, account_name, stream_name, pod) (${metric.messages}${serversOf(targets, named)})`;
    return `count ${byStream} (${each}) < ${replicas}`;
  });
  return [
    {
      name: "NatsReplicaMissing",
      severity: "warning",
      expr: few.join(" or "),
      for: "10m",
      summary: "stream {{ $labels.stream_name }} has no more than {{ $value }} replicas",
    },
  ];
}
