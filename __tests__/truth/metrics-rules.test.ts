import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { ruleGroups } from "../../templates/kubernetes-monitoring";
import { dashboardExpressions } from "../support/metric-names";
import {
  growing,
  monitoringTargets,
  pods,
  relabel,
  type Series,
  set,
  steady,
  wellSeries,
} from "../support/metric-series";
import { findProgram } from "../support/programs";

/** Prometheus' own judgement of the alerts: whether it can read them, and when they fire. */

const promtool = findProgram("promtool");
if (!promtool) console.warn("alerts are not tried in Prometheus: promtool is not on PATH");
const withPromtool = promtool ? test : test.skip;

/** Takes a server away as Prometheus sees it: its exporter goes on printing what /varz said before. */
function stop(series: Series, pod: string, remotes: number): void {
  for (const name of ["nats_connz", "nats_server_", "nats_stream_", "nats_healthz_"]) {
    set(series, [name, `pod="${pod}"`], undefined);
  }
  for (const other of pods.filter((one) => one !== pod)) {
    set(series, ["nats_varz_remotes", `pod="${other}"`], steady(remotes));
  }
}

const bucket = "auth_callout_duration_seconds_bucket";
const decided = (labels: string) =>
  `auth_callout_decisions_total{namespace="nats",pod="nats-auth-callout-a",${labels}}`;

/** What happens, and the alerts that fire then: these and no others. */
const scenarios: Record<string, { happens: (series: Series) => void; firing: string[] }> = {
  "all is well": { happens: () => undefined, firing: [] },
  "a server is gone": {
    happens: (series) => stop(series, "nats-2", 1),
    firing: ["NatsLeafNodesMissing", "NatsReplicaMissing", "NatsServerDown"],
  },
  "two of three servers are gone": {
    happens: (series) => {
      stop(series, "nats-2", 1);
      stop(series, "nats-1", 0);
      relabel(
        series,
        ["nats_server_"],
        'meta_leader="nats-0",is_meta_leader="true"',
        'meta_leader="",is_meta_leader="false"',
      );
      relabel(series, ["nats_stream_"], 'stream_leader="nats-1"', 'stream_leader=""');
    },
    firing: [
      "NatsLeafNodesMissing",
      "NatsNoMetaLeader",
      "NatsQuorumLost",
      "NatsReplicaMissing",
      "NatsServerDown",
      "NatsStreamWithoutLeader",
    ],
  },
  "nothing is asked any more": {
    happens: (series) => set(series, ["nats-"], undefined),
    firing: [
      "NatsCalloutWithoutResponder",
      "NatsJobsNotWatched",
      "NatsLeafNodesMissing",
      "NatsQuorumLost",
      "NatsServerDown",
    ],
  },
  "a server is asked twice": {
    happens: (series) => {
      for (const [key, value] of wellSeries()) series.set(key.replace("{", '{job="twice",'), value);
      stop(series, "nats-2", 1);
    },
    firing: ["NatsLeafNodesMissing", "NatsReplicaMissing", "NatsServerDown"],
  },
  "servers do not find each other": {
    happens: (series) => set(series, ["nats_varz_remotes", "nats-0"], steady(1)),
    firing: ["NatsRoutesMissing"],
  },
  "a server is started over and over": {
    happens: (series) => set(series, ["nats_varz_start", "nats-1"], growing(60_000)),
    firing: ["NatsServerRestarts"],
  },
  "memory ends": {
    happens: (series) => set(series, ["nats_varz_mem", "nats-1"], steady(7.5 * 2 ** 30)),
    firing: ["NatsServerMemory"],
  },
  "logs grow beyond what nodes turn over": {
    happens: (series) => set(series, ["log_filesystem", "nats-1"], steady(8e8)),
    firing: ["NatsServerLogsNearLimit"],
  },
  "connections end": {
    happens: (series) => set(series, ["nats_varz_connections", "nats-1"], steady(65_000)),
    firing: ["NatsConnectionsNearLimit"],
  },
  "clients read too slowly": {
    happens: (series) => set(series, ["nats_varz_slow_consumers", "nats-1"], growing(1)),
    firing: ["NatsSlowConsumers"],
  },
  "JetStream is switched off": {
    happens: (series) => set(series, ["jetstream_disabled", 'pod="nats-1"'], steady(1)),
    firing: ["NatsJetStreamDisabled"],
  },
  "a consumer is not current": {
    happens: (series) => set(series, ["nats_healthz_status", "nats-1"], steady(1)),
    firing: ["NatsUnhealthy"],
  },
  "storage ends": {
    happens: (series) => set(series, ["stats_storage", "nats-1"], steady(90)),
    firing: ["NatsStorageNearLimit"],
  },
  "the memory store ends": {
    happens: (series) => set(series, ["stats_memory", "nats-1"], steady(90)),
    firing: ["NatsMemoryStoreNearLimit"],
  },
  "a volume is full": {
    happens: (series) => set(series, ["available_bytes", "nats-js-nats-1"], steady(4)),
    firing: ["NatsVolumeNearlyFull"],
  },
  "a replica stays behind": {
    happens: (series) => set(series, ["last_seq", "ORDERS", 'pod="nats-2"'], steady(50)),
    firing: ["NatsReplicaBehind"],
  },
  "a replica is a minute behind": {
    happens: (series) => set(series, ["last_seq", "ORDERS", 'pod="nats-2"'], "0 0+100x239"),
    firing: [],
  },
  "a hub is out of reach for one server": {
    happens: (series) => set(series, ["leafnodes", "nats-1"], steady(0)),
    firing: ["NatsHubUnreachable", "NatsLeafNodesMissing"],
  },
  "no responder is connected": {
    happens: (series) => set(series, ["auth_callout_nats_connected"], steady(0)),
    firing: ["NatsCalloutWithoutResponder"],
  },
  "responders cannot decide": {
    happens: (series) => series.set(decided('verdict="denied",reason="jwks_unavailable"'), growing(1)),
    firing: ["NatsCalloutFails"],
  },
  "many are denied": {
    happens: (series) => set(series, ['reason="token_expired"'], growing(80)),
    firing: ["NatsCalloutDeniesMany"],
  },
  "somebody else asks responders": {
    happens: (series) => series.set(decided('verdict="refused",reason="not_sealed"'), growing(1)),
    firing: ["NatsCalloutRefusesServers"],
  },
  "logins take long": {
    happens: (series) => set(series, [bucket, 'le="0.01"'], growing(50)),
    firing: ["NatsCalloutSlow"],
  },
  "the issuer is away": {
    happens: (series) => set(series, ["jwks_fetches_total"], growing(1)),
    firing: ["NatsCalloutKeysNotFetched"],
  },
  "renewals fail for a day": {
    happens: (series) => set(series, ["successful_time", "renewal"], steady(-80_000)),
    firing: ["NatsCertificatesNotRenewed"],
  },
  "renewals have never succeeded": {
    happens: (series) => set(series, ["successful_time", "renewal"], undefined),
    firing: ["NatsCertificatesExpire", "NatsCertificatesNotRenewed"],
  },
  "the last backup has failed": {
    happens: (series) => set(series, ["successful_time", "backup"], steady(-82_740)),
    firing: ["NatsBackupFails"],
  },
  "no backup has ever succeeded": {
    happens: (series) => set(series, ["successful_time", "backup"], undefined),
    firing: ["NatsBackupFails", "NatsBackupOld"],
  },
  "old backups are not removed": {
    happens: (series) => set(series, ["successful_time", "prune"], steady(3000)),
    firing: ["NatsBackupsNotPruned"],
  },
  "the drill has failed": {
    happens: (series) => set(series, ["successful_time", "drill"], steady(3000)),
    firing: ["NatsRestoreDrillFails"],
  },
  "somebody has suspended the backup": {
    happens: (series) => set(series, ["suspend", "nats-backup-app"], steady(1)),
    firing: ["NatsJobSuspended"],
  },
  "kube-state-metrics is away": {
    happens: (series) => set(series, ["kube_cronjob"], undefined),
    firing: ["NatsJobsNotWatched"],
  },
};

const groups = ruleGroups(monitoringTargets);

test("there is a scenario for every alert", () => {
  const known = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
  const tried = new Set(Object.values(scenarios).flatMap(({ firing }) => firing));
  expect([...tried].sort()).toEqual([...known].sort());
});

describe("in Prometheus", () => {
  const folder = mkdtempSync(join(tmpdir(), "natsform-rules-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name: string, content: unknown) => {
    writeFileSync(join(folder, name), stringify(content));
    return join(folder, name);
  };
  /** @throws with what promtool said */
  const run = (...args: string[]) => {
    try {
      return execFileSync(String(promtool), args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${stdout}${stderr}`);
    }
  };

  withPromtool("every alert can be read, and none is there twice", () => {
    expect(run("check", "rules", "--lint=all", "--lint-fatal", file("rules.yaml", { groups }))).toMatch(/SUCCESS/);
  });

  withPromtool("every expression of the dashboard can be read", () => {
    const rules = dashboardExpressions().map((expr, i) => ({ record: `panel:${i}`, expr }));
    expect(rules.length).toBeGreaterThan(30);
    const panels = file("panels.yaml", { groups: [{ name: "dashboard", rules }] });
    expect(run("check", "rules", "--lint=none", panels)).toMatch(/SUCCESS/);
  });

  withPromtool("exactly the alerts of what happens fire", () => {
    const rules = file("rules.yaml", { groups });
    const tests = Object.entries(scenarios).map(([name, { happens, firing }]) => {
      const series = wellSeries();
      happens(series);
      return {
        name,
        interval: "1m",
        input_series: [...series].map(([key, values]) => ({ series: key, values })),
        promql_expr_test: [
          {
            expr: 'count by (alertname) (ALERTS{alertstate="firing"}) > bool 0',
            eval_time: "239m",
            exp_samples: firing.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
          },
        ],
      };
    });
    expect(run("test", "rules", file("tests.yaml", { rule_files: [rules], evaluation_interval: "5m", tests }))).toMatch(
      /SUCCESS/,
    );
  });

  withPromtool("a summary says what is wrong with whom", () => {
    const rules = file("rules.yaml", { groups });
    const series = wellSeries();
    set(series, ["nats_varz_mem", "nats-1"], steady(7.5 * 2 ** 30));
    const labels = { severity: "warning", environment: "test", nats_cluster: "nats", namespace: "nats", pod: "nats-1" };
    const summary = "test/nats: nats-1 uses 93.75% of its memory; beyond it the kernel kills it";
    const runbook = "docs/monitoring.md#natsservermemory";
    const alert = { exp_labels: labels, exp_annotations: { summary, runbook } };
    const input_series = [...series].map(([key, values]) => ({ series: key, values }));
    const alert_rule_test = [{ eval_time: "60m", alertname: "NatsServerMemory", exp_alerts: [alert] }];
    const tests = [{ interval: "1m", input_series, alert_rule_test }];
    run("test", "rules", file("summary.yaml", { rule_files: [rules], evaluation_interval: "5m", tests }));
  });
});
