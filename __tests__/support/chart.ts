import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments, stringify } from "yaml";
import { findProgram } from "./programs";

/** Helm and a folder of the official chart, named by NATSFORM_NATS_CHART; otherwise what is missing. */
export function findChart(): { helm: string; folder: string } | { missing: string } {
  const helm = findProgram("helm");
  if (!helm) return { missing: "helm is not on PATH" };
  const folder = process.env.NATSFORM_NATS_CHART;
  if (!folder || !existsSync(join(folder, "Chart.yaml"))) {
    return { missing: "NATSFORM_NATS_CHART names no folder of the official chart" };
  }
  return { helm, folder };
}

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
}

/** What Helm makes of the values, without a cluster. */
export function renderChart(values: unknown, release: { name: string; namespace: string }): Manifest[] {
  const found = findChart();
  if ("missing" in found) throw new Error(found.missing);
  const folder = mkdtempSync(join(tmpdir(), "natsform-chart-"));
  try {
    const file = join(folder, "values.yaml");
    writeFileSync(file, stringify(values));
    const args = ["template", release.name, found.folder, "--namespace", release.namespace, "--values", file];
    const text = execFileSync(found.helm, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
    return parseAllDocuments(text).flatMap((document) => (document.toJS() ? [document.toJS() as Manifest] : []));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The server's configuration as the chart's ConfigMap holds it. */
export function renderedConf(manifests: readonly Manifest[]): string {
  const text = manifests.find(({ kind }) => kind === "ConfigMap")?.data?.["nats.conf"];
  if (text === undefined) throw new Error("the chart has rendered no nats.conf");
  return text;
}
