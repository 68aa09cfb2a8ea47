import type { MonitoringTargets } from "../../templates/kubernetes-monitoring";

/** A cluster with something of everything that is watched. */
export const monitoringTargets: MonitoringTargets = {
  environment: "test",
  cluster: "nats",
  namespace: "nats",
  servers: 3,
  memoryBytes: 8 * 2 ** 30,
  diskBytes: 2 ** 30,
  jetstream: true,
  replicated: [{ replicas: 3, streams: ["ORDERS", "PAYMENTS"] }],
  leafNodes: { expected: 3, perServer: 1 },
  callout: "nats-auth-callout",
  calloutTimeoutSeconds: 2,
  renewal: { cronJob: "nats-certificate-renewal", marginSeconds: 864_000 },
  backups: "nats-backup-app",
  drills: "nats-drill-app",
  prunes: "nats-prune-app",
};

/** Values by series, each in Prometheus' notation for 240 minutes: `0+10x240` grows by ten a minute. */
export type Series = Map<string, string>;

const minutes = 240;
export const steady = (value: number) => `${value}x${minutes}`;
export const growing = (step: number) => `0+${step}x${minutes}`;

export const pods = [0, 1, 2].map((i) => `nats-${i}`);

const ofServer = (pod: string, leader: string): [string, string][] => {
  const own = `namespace="nats",pod="${pod}",server_id="N${pod}"`;
  const js = `${own},server_name="${pod}",meta_leader="${leader}",is_meta_leader="${pod === leader}"`;
  const streams = ["ORDERS", "PAYMENTS"].map(
    (name) =>
      `${js},account_name="APP",account_id="APP",stream_name="${name}",stream_leader="nats-1",is_stream_leader="${pod === "nats-1"}"`,
  );
  return [
    [`nats_connz_total{${own}}`, steady(10)],
    [`nats_varz_connections{${own}}`, steady(10)],
    [`nats_varz_max_connections{${own}}`, steady(65536)],
    [`nats_varz_slow_consumers{${own}}`, steady(3)],
    [`nats_varz_mem{${own}}`, steady(2 ** 30)],
    [
      `kubelet_container_log_filesystem_used_bytes{namespace="nats",pod="${pod}",container="nats",uid="u"}`,
      steady(1e7),
    ],
    [`nats_varz_start{${own}}`, steady(1.7e12)],
    [`nats_varz_remotes{${own}}`, steady(2)],
    [`nats_varz_leafnodes{${own}}`, steady(1)],
    [`nats_healthz_status{${own}}`, steady(0)],
    [`nats_varz_jetstream_stats_storage{${own}}`, steady(10)],
    [`nats_varz_jetstream_config_max_storage{${own}}`, steady(100)],
    [`nats_varz_jetstream_stats_memory{${own}}`, steady(10)],
    [`nats_varz_jetstream_config_max_memory{${own}}`, steady(100)],
    [`nats_server_jetstream_disabled{${js}}`, steady(0)],
    [`nats_server_total_streams{${js}}`, steady(2)],
    ...streams.flatMap((labels): [string, string][] => [
      [`nats_stream_total_messages{${labels}}`, growing(100)],
      [`nats_stream_last_seq{${labels}}`, growing(100)],
    ]),
    ...["js", "resolver"].flatMap((kind): [string, string][] => {
      const claim = `namespace="nats",persistentvolumeclaim="nats-${kind}-${pod}"`;
      return [
        [`kubelet_volume_stats_available_bytes{${claim}}`, steady(50)],
        [`kubelet_volume_stats_capacity_bytes{${claim}}`, steady(100)],
      ];
    }),
  ];
};

const ofResponder = (pod: string): [string, string][] => {
  const own = `namespace="nats",pod="${pod}"`;
  const bucket = (le: string) => `auth_callout_duration_seconds_bucket{${own},verdict="admitted",le="${le}"}`;
  return [
    [`auth_callout_nats_connected{${own}}`, steady(1)],
    [`auth_callout_decisions_total{${own},verdict="admitted",reason=""}`, growing(60)],
    [`auth_callout_decisions_total{${own},verdict="denied",reason="token_expired"}`, growing(1)],
    [bucket("0.01"), growing(60)],
    [bucket("1.5"), growing(60)],
    [bucket("+Inf"), growing(60)],
    [`auth_callout_jwks_fetches_total{${own},result="failure"}`, steady(4)],
  ];
};

/** Seconds: Prometheus begins its tests at 0, and is asked after 14,400. */
const ofCronJob = (name: string): [string, string][] => {
  const own = `namespace="nats",cronjob="${name}"`;
  return [
    [`kube_cronjob_created{${own}}`, steady(-1_000_000)],
    [`kube_cronjob_spec_suspend{${own}}`, steady(0)],
    [`kube_cronjob_status_last_schedule_time{${own}}`, steady(3600)],
    [`kube_cronjob_status_last_successful_time{${own}}`, steady(3660)],
    [`kube_cronjob_next_schedule_time{${own}}`, steady(90_000)],
  ];
};

/** What Prometheus sees while everything is well; somebody else's cluster in the same namespace is not. */
export function wellSeries(): Series {
  return new Map([
    ...pods.flatMap((pod) => ofServer(pod, "nats-0")),
    ...["a", "b"].flatMap((id) => ofResponder(`nats-auth-callout-${id}`)),
    ...["nats-certificate-renewal", "nats-backup-app", "nats-drill-app", "nats-prune-app"].flatMap(ofCronJob),
    [`nats_varz_remotes{namespace="nats",pod="other-0",server_id="N"}`, steady(0)],
    [`nats_healthz_status{namespace="nats",pod="other-0",server_id="N"}`, steady(1)],
    [`kube_cronjob_spec_suspend{namespace="nats",cronjob="other-backup-app"}`, steady(1)],
  ]);
}

/** Another value for every series whose name and labels have all of these parts; `undefined` takes them away. */
export function set(series: Series, parts: readonly string[], value: string | undefined): void {
  const found = [...series.keys()].filter((key) => parts.every((part) => key.includes(part)));
  if (found.length === 0) throw new Error(`no series has ${parts.join(" and ")}`);
  for (const key of found) {
    if (value === undefined) series.delete(key);
    else series.set(key, value);
  }
}

/** Another label for them. */
export function relabel(series: Series, parts: readonly string[], from: string, to: string): void {
  for (const [key, value] of [...series].filter(([one]) => parts.every((part) => one.includes(part)))) {
    series.delete(key);
    series.set(key.replace(from, to), value);
  }
}
