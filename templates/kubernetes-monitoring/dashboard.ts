import { createHash } from "node:crypto";
import { type Panel, panels } from "./dashboard-panels";
import { exporterMetrics } from "./metrics";

/** Panels in a row, and the height of each: Grafana divides the width by 24. */
const inRow = 3;
const height = 8;

export interface DashboardProps {
  environment: string;
  cluster: string;
  namespace: string;
}

/** A dashboard of Grafana: it opens on this cluster, and shows every other one that is watched alike. */
export function toDashboard({ environment, cluster, namespace }: DashboardProps): object {
  return {
    uid: uidOf(`nats-${environment}-${cluster}`),
    title: `NATS ${environment}/${cluster}`,
    tags: ["nats", "natsform"],
    schemaVersion: 39,
    timezone: "browser",
    refresh: "30s",
    time: { from: "now-3h", to: "now" },
    templating: {
      list: [
        { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus" },
        variable("namespace", namespace, `label_values(${everyServer}, namespace)`),
        variable("cluster", cluster, `label_values(${everyServer}{namespace="$namespace"}, pod)`, "/^(.+)-\\d+$/"),
      ],
    },
    panels: panels().map(toPanel),
  };
}

/** At most 40 characters: Grafana's limit. */
const uidOf = (name: string) =>
  name.length <= 40 ? name : `${name.slice(0, 31)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;

/** Printed by every server that is watched. */
const everyServer = exporterMetrics.start;

function variable(name: string, value: string, query: string, regex = "") {
  const current = { text: value, value };
  return { name, label: name, type: "query", datasource, query: { query, refId: name }, regex, refresh: 2, current };
}

const datasource = { type: "prometheus", uid: "$datasource" };

function toPanel({ title, description, unit, lines, kind = "timeseries" }: Panel, i: number) {
  const width = 24 / inRow;
  return {
    id: i + 1,
    type: kind,
    title,
    ...(description && { description }),
    datasource,
    gridPos: { x: (i % inRow) * width, y: Math.floor(i / inRow) * height, w: width, h: height },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    ...(kind === "stat" && { options: { textMode: "value_and_name", reduceOptions: { calcs: ["lastNotNull"] } } }),
    targets: lines.map(({ expr, legend }, line) => ({
      refId: String.fromCharCode(65 + line),
      datasource,
      expr,
      legendFormat: legend,
    })),
  };
}
