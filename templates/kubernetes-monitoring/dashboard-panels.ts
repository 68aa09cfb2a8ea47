import {
  calloutMetrics as callout,
  cronJobMetrics as cronJob,
  jetstreamMetrics as jetstream,
  exporterMetrics as metric,
  volumeMetrics as volume,
} from "./metrics";

export interface Panel {
  title: string;
  description?: string;
  /** Unit of Grafana. */
  unit: string;
  kind?: "timeseries" | "stat";
  lines: { expr: string; legend: string }[];
}

const servers = '{namespace="$namespace",pod=~"$cluster-[0-9]+"}';
const responders = '{namespace="$namespace",pod=~"$cluster-auth-callout-.+"}';
const jobs = '{namespace="$namespace",cronjob=~"$cluster-(backup|drill|certificate-renewal).*"}';
const claims = '{namespace="$namespace",persistentvolumeclaim=~"$cluster-(js|resolver)-.+"}';

const bySource = (name: string, legend = "{{pod}}") => ({ expr: `max by (pod) (${name}${servers})`, legend });
const rate = (name: string, legend: string) => ({ expr: `sum by (pod) (rate(${name}${servers}[5m]))`, legend });
const streamOf = "account_name, stream_name";
const stream = "{{account_name}} {{stream_name}}";
const consumer = "{{stream_name}} {{consumer_name}}";

/** Panels: servers, traffic, storage, logins, and scheduled jobs. */
export const panels = (): Panel[] => [...serverPanels, ...jetstreamPanels, ...calloutPanels, ...jobPanels];

const serverPanels: Panel[] = [
  {
    title: "Servers that answer",
    unit: "none",
    kind: "stat",
    lines: [{ expr: `count(count by (pod) (${metric.alive}${servers}))`, legend: "servers" }],
  },
  {
    title: "Leader of the cluster",
    description: "Whom each server takes for the leader. More than one name, or none, is a cluster that is not one.",
    unit: "none",
    kind: "stat",
    lines: [{ expr: `count by (meta_leader) (${jetstream.server}${servers})`, legend: "{{meta_leader}}" }],
  },
  {
    title: "Not current",
    description: "1: a stream or consumer on the server has not caught up.",
    unit: "none",
    lines: [bySource(metric.unhealthy)],
  },
  { title: "Connections", unit: "none", lines: [bySource(metric.connections)] },
  {
    title: "Messages",
    unit: "cps",
    lines: [rate(metric.inMessages, "{{pod}} in"), rate(metric.outMessages, "{{pod}} out")],
  },
  { title: "Traffic", unit: "Bps", lines: [rate(metric.inBytes, "{{pod}} in"), rate(metric.outBytes, "{{pod}} out")] },
  {
    title: "Slow consumers",
    unit: "none",
    lines: [
      { expr: `sum by (pod) (increase(${metric.slowConsumers}${servers}[15m]))`, legend: "{{pod}} cut off in 15m" },
      { expr: `sum by (pod) (increase(${metric.stalledClients}${servers}[15m]))`, legend: "{{pod}} stalled in 15m" },
    ],
  },
  { title: "Memory", unit: "bytes", lines: [bySource(metric.memory)] },
  { title: "CPU", unit: "percent", lines: [bySource(metric.cpu)] },
  {
    title: "Routes and leaf nodes",
    unit: "none",
    lines: [bySource(metric.remotes, "{{pod}} servers"), bySource(metric.leafNodes, "{{pod}} leaf nodes")],
  },
  { title: "Subscriptions", unit: "none", lines: [bySource(metric.subscriptions)] },
];

const share = (used: string, of: string, legend: string) => ({
  expr: `max by (pod) (${used}${servers} / ${of}${servers})`,
  legend,
});

const jetstreamPanels: Panel[] = [
  {
    title: "JetStream storage",
    description: "Of max_file_store. What is reserved is what streams with a limit may take.",
    unit: "percentunit",
    lines: [
      share(jetstream.storage, jetstream.maxStorage, "{{pod}} used"),
      share(jetstream.reservedStorage, jetstream.maxStorage, "{{pod}} reserved"),
    ],
  },
  {
    title: "JetStream memory",
    unit: "percentunit",
    lines: [share(jetstream.memory, jetstream.maxMemory, "{{pod}}")],
  },
  {
    title: "Messages stored",
    unit: "none",
    lines: [{ expr: `max by (${streamOf}) (${jetstream.messages}${servers})`, legend: stream }],
  },
  {
    title: "Bytes stored",
    unit: "bytes",
    lines: [{ expr: `max by (${streamOf}) (${jetstream.bytes}${servers})`, legend: stream }],
  },
  {
    title: "Replicas",
    unit: "none",
    lines: [{ expr: `count by (${streamOf}) (${jetstream.messages}${servers})`, legend: stream }],
  },
  {
    title: "Messages that the last replica is behind",
    description: "Servers are asked one after another, so a busy stream is never at 0.",
    unit: "none",
    lines: [
      {
        expr: `max by (${streamOf}) (${jetstream.lastSequence}${servers}) - min by (${streamOf}) (${jetstream.lastSequence}${servers})`,
        legend: stream,
      },
    ],
  },
  {
    title: "Consumers: waiting to be delivered",
    unit: "none",
    lines: [
      {
        expr: `topk(20, max by (account_name, stream_name, consumer_name) (${jetstream.consumerPending}${servers}))`,
        legend: consumer,
      },
    ],
  },
  {
    title: "Consumers: delivered, not acknowledged",
    unit: "none",
    lines: [
      {
        expr: `topk(20, max by (account_name, stream_name, consumer_name) (${jetstream.consumerAckPending}${servers}))`,
        legend: consumer,
      },
      {
        expr: `topk(20, max by (account_name, stream_name, consumer_name) (${jetstream.consumerRedelivered}${servers}))`,
        legend: `${consumer} redelivered`,
      },
    ],
  },
  {
    title: "Raft",
    description: "Groups that the server is in, and proposals to the cluster's own group that are not applied yet.",
    unit: "none",
    lines: [bySource(jetstream.haAssets, "{{pod}} groups"), bySource(jetstream.metaPending, "{{pod}} pending")],
  },
  { title: "Errors of the JetStream API", unit: "cps", lines: [rate(jetstream.apiErrors, "{{pod}}")] },
];

const quantile = (q: number) => ({
  expr: `histogram_quantile(${q}, sum by (le) (rate(${callout.durations}${responders}[5m])))`,
  legend: `p${q * 100}`,
});

const calloutPanels: Panel[] = [
  {
    title: "Responders of the auth callout",
    unit: "none",
    kind: "stat",
    lines: [{ expr: `sum(${callout.connected}${responders})`, legend: "connected" }],
  },
  {
    title: "Logins",
    unit: "cps",
    lines: [
      {
        expr: `sum by (verdict, reason) (rate(${callout.decisions}${responders}[5m]))`,
        legend: "{{verdict}} {{reason}}",
      },
    ],
  },
  { title: "Time to decide", unit: "s", lines: [quantile(0.5), quantile(0.99)] },
  {
    title: "Age of the issuer's keys",
    unit: "s",
    lines: [{ expr: `max by (pod) (${callout.keyAge}${responders})`, legend: "{{pod}}" }],
  },
];

const jobPanels: Panel[] = [
  {
    title: "Since the last backup, drill, renewal",
    unit: "s",
    lines: [{ expr: `time() - max by (cronjob) (${cronJob.succeeded}${jobs})`, legend: "{{cronjob}}" }],
  },
  {
    title: "Volumes",
    unit: "percentunit",
    lines: [
      {
        expr: `max by (persistentvolumeclaim) (1 - ${volume.available}${claims} / ${volume.capacity}${claims})`,
        legend: "{{persistentvolumeclaim}}",
      },
    ],
  },
];
