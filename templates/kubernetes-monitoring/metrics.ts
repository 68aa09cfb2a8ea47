/**
 * Every metric that alerts and the dashboard use, by the program that prints it. Names of the exporter begin with
 * `nats_`, also those of JetStream: the chart starts it with `-prefix=nats`.
 *
 * A server that is gone keeps its last `nats_varz_*` until its exporter is gone as well. Printed only while the server
 * answers are `nats_connz_*` and the metrics of JetStream (`nats_server_*`, `nats_stream_*`).
 */
export const exporterMetrics = {
  /** Connections of the server; used because only servers that answer print it. */
  alive: "nats_connz_total",
  connections: "nats_varz_connections",
  maxConnections: "nats_varz_max_connections",
  subscriptions: "nats_varz_subscriptions",
  inMessages: "nats_varz_in_msgs",
  outMessages: "nats_varz_out_msgs",
  inBytes: "nats_varz_in_bytes",
  outBytes: "nats_varz_out_bytes",
  slowConsumers: "nats_varz_slow_consumers",
  stalledClients: "nats_varz_stalled_clients",
  cpu: "nats_varz_cpu",
  memory: "nats_varz_mem",
  /** Milliseconds since 1970. */
  start: "nats_varz_start",
  /** Other servers of the cluster, however many routes lead to each. */
  remotes: "nats_varz_remotes",
  leafNodes: "nats_varz_leafnodes",
  /** 0 while everything on the server is current, 1 otherwise. */
  unhealthy: "nats_healthz_status",
} as const;

/** Metrics of the exporter where JetStream is enabled. */
export const jetstreamMetrics = {
  disabled: "nats_server_jetstream_disabled",
  /** Its label `meta_leader` names the leader of the cluster; it is empty without one. */
  server: "nats_server_total_streams",
  storage: "nats_varz_jetstream_stats_storage",
  reservedStorage: "nats_varz_jetstream_stats_reserved_storage",
  maxStorage: "nats_varz_jetstream_config_max_storage",
  memory: "nats_varz_jetstream_stats_memory",
  maxMemory: "nats_varz_jetstream_config_max_memory",
  apiErrors: "nats_varz_jetstream_stats_api_errors",
  metaPending: "nats_varz_jetstream_meta_pending",
  haAssets: "nats_varz_jetstream_stats_ha_assets",
  messages: "nats_stream_total_messages",
  bytes: "nats_stream_total_bytes",
  lastSequence: "nats_stream_last_seq",
  consumerPending: "nats_consumer_num_pending",
  consumerAckPending: "nats_consumer_num_ack_pending",
  consumerRedelivered: "nats_consumer_num_redelivered",
} as const;

/** Metrics of the responders of the auth callout (`runtime/auth-callout/metrics.ts`). */
export const calloutMetrics = {
  connected: "auth_callout_nats_connected",
  decisions: "auth_callout_decisions_total",
  durations: "auth_callout_duration_seconds_bucket",
  keyFetches: "auth_callout_jwks_fetches_total",
  keyAge: "auth_callout_jwks_age_seconds",
} as const;

/** Metrics of CronJobs, by kube-state-metrics. */
export const cronJobMetrics = {
  created: "kube_cronjob_created",
  suspended: "kube_cronjob_spec_suspend",
  scheduled: "kube_cronjob_status_last_schedule_time",
  succeeded: "kube_cronjob_status_last_successful_time",
  next: "kube_cronjob_next_schedule_time",
} as const;

/** Metrics of the logs of running containers, by every node's kubelet. */
export const logMetrics = { used: "kubelet_container_log_filesystem_used_bytes" } as const;

/** Metrics of volumes, by every node's kubelet. */
export const volumeMetrics = {
  available: "kubelet_volume_stats_available_bytes",
  capacity: "kubelet_volume_stats_capacity_bytes",
} as const;
