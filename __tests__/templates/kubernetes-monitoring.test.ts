import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buildMetrics } from "../../runtime/auth-callout/metrics";
import {
  calloutMetrics,
  cronJobMetrics,
  exporterMetrics,
  jetstreamMetrics,
  logMetrics,
  type RuleGroup,
  ruleGroups,
  toDashboard,
  volumeMetrics,
} from "../../templates/kubernetes-monitoring";
import { dashboardExpressions, labelsOf, metricsOf, ruleExpressions } from "../support/metric-names";
import { monitoringTargets } from "../support/metric-series";

const groups = ruleGroups(monitoringTargets);
const alerts = (of: readonly RuleGroup[]) => of.flatMap(({ rules }) => rules);
const names = (of: readonly RuleGroup[]) => alerts(of).map(({ alert }) => alert);
const page = readFileSync(join(__dirname, "..", "..", "docs", "monitoring.md"), "utf8");

test("alerts and the dashboard ask for the metrics that are listed, each of which is asked for", () => {
  const listed = [exporterMetrics, jetstreamMetrics, calloutMetrics, cronJobMetrics, logMetrics, volumeMetrics].flatMap(
    (one) => Object.values<string>(one),
  );
  const expressions = [...ruleExpressions(groups), ...dashboardExpressions()];
  expect([...new Set(expressions.flatMap(metricsOf))].sort()).toEqual(listed.sort());
});

test("what is asked of the callout's responders is what they print", async () => {
  const nats = () => ({ connected: true, reconnects: 0 }) as never;
  const metrics = buildMetrics(nats);
  metrics.decided({ verdict: "denied", reason: "token_expired" } as never, 0.1);
  metrics.jwksFetched("failure");
  const printed = await metrics.registry.metrics();
  for (const name of Object.values(calloutMetrics)) expect(printed).toContain(`\n${name}`);
  const labels = [...printed.matchAll(/(\w+)="/g)].map((match) => match[1]);
  const asked = [...ruleExpressions(groups), ...dashboardExpressions()].filter((one) => one.includes("auth_callout_"));
  for (const label of asked.flatMap(labelsOf)) expect([...labels, "namespace", "pod"]).toContain(label);
});

test("every alert has a heading in docs/monitoring.md, and every heading an alert", () => {
  const headings = [...page.matchAll(/^### (Nats\w+)$/gm)].map((match) => match[1]);
  expect([...headings].sort()).toEqual(names(groups).sort());
});

test("an alert says whose it is, how bad it is, and what to do", () => {
  for (const { alert, expr, labels, annotations, for: duration } of alerts(groups)) {
    expect(labels).toMatchObject({ environment: "test", nats_cluster: "nats", namespace: "nats" });
    expect(["critical", "warning"]).toContain(labels.severity);
    expect(duration).toMatch(/^\d+[mh]$/);
    expect(annotations.summary).toMatch(/^test\/nats: .*[^.]$/);
    const [file = "", anchor] = (annotations.runbook ?? "").split("#");
    expect({ alert, exists: existsSync(join(__dirname, "..", "..", file)), anchor }).toEqual({
      alert,
      exists: true,
      anchor: alert.toLowerCase(),
    });
    expect(expr).not.toMatch(/undefined|NaN|\[object/);
  }
});

test("labels of a summary are those that its expression leaves", () => {
  for (const { alert, expr, annotations } of alerts(groups)) {
    const used = [...(annotations.summary ?? "").matchAll(/\$labels\.(\w+)/g)].map((match) => match[1] ?? "");
    // Of kube-state-metrics nothing is summed up.
    const left = [...labelsOf(expr), ...(expr.includes("kube_cronjob") ? ["cronjob"] : [])];
    expect({ alert, missing: used.filter((label) => !left.includes(label)) }).toEqual({ alert, missing: [] });
  }
});

test("a server alone has no quorum, no routes and no replicas to lose", () => {
  const alone = ruleGroups({ ...monitoringTargets, servers: 1, replicated: [] });
  expect(names(groups).filter((name) => !names(alone).includes(name))).toEqual([
    "NatsQuorumLost",
    "NatsRoutesMissing",
    "NatsNoMetaLeader",
    "NatsStreamWithoutLeader",
    "NatsReplicaBehind",
    "NatsReplicaMissing",
  ]);
  expect(alerts(alone).find(({ alert }) => alert === "NatsServerDown")?.labels.severity).toBe("critical");
});

test("what a cluster does not have is not watched", () => {
  const little = ruleGroups({
    ...monitoringTargets,
    jetstream: false,
    leafNodes: { expected: 0, perServer: 0 },
    renewal: undefined,
    backups: undefined,
    drills: undefined,
    prunes: undefined,
  });
  expect(little.map(({ name }) => name)).toEqual(["nats-test-nats-servers", "nats-test-nats-auth-callout"]);
});

test("a quorum is more than half", () => {
  const least = (servers: number) =>
    alerts(ruleGroups({ ...monitoringTargets, servers }))
      .find(({ alert }) => alert === "NatsQuorumLost")
      ?.expr.split(" < ")
      .at(-1);
  expect([2, 3, 4, 5].map(least)).toEqual(["2", "2", "3", "3"]);
});

test("certificates of a short life are worried about sooner", () => {
  const limits = (marginSeconds: number) =>
    alerts(ruleGroups({ ...monitoringTargets, renewal: { cronJob: "nats-certificate-renewal", marginSeconds } }))
      .filter(({ alert }) => alert.startsWith("NatsCertificates"))
      .map(({ expr }) => Number(expr.split(" > ").at(-1)));
  expect(limits(864_000)).toEqual([86_400, 432_000]);
  expect(limits(28_800)).toEqual([7_200, 14_400]);
});

test("the dashboard opens on its own cluster, and no panel lies on another", () => {
  const dashboard = toDashboard({ environment: "production", cluster: "core", namespace: "nats" }) as {
    uid: string;
    templating: { list: { name: string; current?: { value: string } }[] };
    panels: { id: number; title: string; gridPos: { x: number; y: number; w: number; h: number } }[];
  };
  expect(dashboard.uid).toBe("nats-production-core");
  const uids = ["a", "b"].map((last) =>
    Object.entries(toDashboard({ environment: `${"e".repeat(31)}${last}`, cluster: "c".repeat(32), namespace: "nats" }))
      .filter(([key]) => key === "uid")
      .map(([, uid]) => String(uid)),
  );
  expect(new Set(uids.flat()).size).toBe(2);
  expect(uids.flat().map((uid) => uid.length)).toEqual([40, 40]);
  expect(dashboard.templating.list.map(({ name, current }) => [name, current?.value])).toEqual([
    ["datasource", undefined],
    ["namespace", "nats"],
    ["cluster", "core"],
  ]);
  const { panels } = dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
});
