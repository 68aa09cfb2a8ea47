import { exporterMetrics, jetstreamMetrics, ruleGroups } from "../../templates/kubernetes-monitoring";
import { eventually } from "../support/eventually";
import { dashboardExpressions, labelsOf, metricsOf, ruleExpressions } from "../support/metric-names";
import { monitoringTargets } from "../support/metric-series";
import { MetricServers, type Sample } from "../support/metric-servers";
import { findProgram } from "../support/programs";

/** What the exporter prints beside real servers, with the arguments that the chart gives it. */

const exporter = findProgram("prometheus-nats-exporter");
if (!exporter) console.warn("metrics are not compared with the exporter's: prometheus-nats-exporter is not on PATH");

(exporter ? describe : describe.skip)("beside three servers", () => {
  let servers: MetricServers;
  beforeAll(async () => {
    servers = await MetricServers.start(String(findProgram("nats-server")), String(exporter));
  });
  afterAll(() => servers?.stop());

  const named = (samples: readonly Sample[], name: string, labels: Record<string, string> = {}) =>
    samples.filter((one) => one.name === name && Object.entries(labels).every(([key, is]) => one.labels[key] === is));
  const expressions = () => [...ruleExpressions(ruleGroups(monitoringTargets)), ...dashboardExpressions()];
  /** Of the exporter, not of others that Prometheus asks. */
  const own = (names: readonly string[]) => names.filter((name) => name.startsWith("nats_"));

  test("every metric that alerts and the dashboard ask for is printed", async () => {
    const known = Object.values({ ...exporterMetrics, ...jetstreamMetrics });
    const desired = new Set([...own(expressions().flatMap(metricsOf)), ...known]);
    await eventually("every metric is printed", async () => {
      const printed = new Set((await servers.samples(0)).map(({ name }) => name));
      const missing = [...desired].filter((name) => !printed.has(name));
      if (missing.length > 0) throw new Error(`missing: ${missing.join(", ")}`);
      return true;
    });
  });

  test("every label that they go by is one of the metric's", async () => {
    const samples = await servers.samples(0);
    // Those that Prometheus adds by itself.
    const added = ["namespace", "pod"];
    for (const expression of expressions()) {
      const names = metricsOf(expression);
      if (own(names).length < names.length || names.length === 0) continue;
      const labels = new Set(names.flatMap((name) => Object.keys(named(samples, name)[0]?.labels ?? {})));
      const unknown = labelsOf(expression).filter((label) => !labels.has(label) && !added.includes(label));
      expect({ expression, unknown }).toEqual({ expression, unknown: [] });
    }
  });

  test("of servers that are gone the exporter repeats /varz and is silent about the rest; those left know no leader", async () => {
    // It repeats what it was asked for while the server lived.
    await eventually(
      "exporter 1 prints",
      async () => named(await servers.samples(1), exporterMetrics.remotes)[0]?.value === 2,
    );
    servers.kill(1);
    servers.kill(2);
    await eventually(
      "the last server knows no leader",
      async () => {
        const left = await servers.samples(0);
        const nobody = { meta_leader: "", is_meta_leader: "false" };
        const leaderless = { stream_name: "ORDERS", stream_leader: "", is_stream_leader: "false" };
        return (
          named(left, jetstreamMetrics.server, nobody).length === 1 &&
          named(left, jetstreamMetrics.messages, leaderless).length === 1 &&
          named(left, exporterMetrics.remotes)[0]?.value === 0 &&
          named(left, exporterMetrics.unhealthy)[0]?.value === 1
        );
      },
      90,
    );
    const gone = await servers.samples(1);
    for (const name of [
      exporterMetrics.alive,
      exporterMetrics.unhealthy,
      jetstreamMetrics.server,
      jetstreamMetrics.messages,
    ]) {
      expect({ name, printed: named(gone, name).length }).toEqual({ name, printed: 0 });
    }
    expect(named(gone, exporterMetrics.remotes).map(({ value }) => value)).toEqual([2]);
  });
});
