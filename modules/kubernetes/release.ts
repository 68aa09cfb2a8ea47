import { join, relative } from "node:path";
import { Release } from "@cdktf/provider-helm/lib/release";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { stringify } from "yaml";
import { workFolder } from "../../artifacts/work-folder";
import { ConfigError, type Problem } from "../../model/config";
import { archiveDigest } from "../../model/config/charts";
import { helmValues, settingProblems, valuesProblems } from "../../templates/helm-values";
import { escapeTemplate } from "../terraform/json";
import type { KubernetesContext } from "./context";
import { httpGatewayObjects } from "./http-gateway-objects";
import { monitoringObjects } from "./monitoring-objects";

export interface NatsReleaseProps {
  context: KubernetesContext;
  storageClass?: string;
  /** Resources that must exist before pods are made. */
  after?: ITerraformDependable[];
}

/** The servers: the official chart, with values made from the topology. */
export class NatsRelease extends Construct {
  readonly release: Release;

  /** @throws ConfigError when a value of the configuration is none of the chart's */
  constructor(scope: Construct, id: string, { context, storageClass, after = [] }: NatsReleaseProps) {
    super(scope, id);
    const { topology, trust, cluster, names, namespace } = context;
    const own = cluster.platform.chart.values;
    refuse(context, [...valuesProblems(own), ...settingProblems(own, cluster.name)]);
    const extraResources = [...monitoringObjects(context), ...httpGatewayObjects(context)];
    const values = helmValues({ topology, trust, cluster, storageClass, extraResources });
    refuse(context, valuesProblems(values));
    this.release = new Release(this, "release", {
      name: names.release,
      namespace,
      ...chartOf(context),
      // Helm reads YAML 1.1, where an unquoted `off` or `1:30` is no text.
      values: [escapeTemplate(stringify(values, { version: "1.1" }))],
      // Servers restart one after another, each when the one before it has caught up.
      wait: true,
      timeout: 900,
      // A rollback would restart every server once more; a failure is for the operator to examine.
      atomic: false,
      // A killed apply leaves a release that is in no Terraform state. It is upgraded: the namespace is natsform's own.
      upgradeInstall: true,
      maxHistory: 10,
      dependsOn: after,
    });
  }
}

/** Relative to the stack's folder, where Terraform runs: the same on every machine. */
function chartOf({ cluster, settings }: KubernetesContext) {
  const { chart } = cluster.platform;
  const digest = archiveDigest(chart);
  if (digest && settings.chartArchives)
    return { chart: join("../../..", relative(settings.root, workFolder(settings.root).chart(digest))) };
  if (chart.path) return { chart: chart.path };
  const { repository, version } = chart;
  return repository.startsWith("oci://")
    ? { chart: `${repository}/nats`, version }
    : { repository, chart: "nats", version };
}

function refuse({ environment, cluster }: KubernetesContext, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const valuesPath = ["clusters", cluster.name, "platform", "chart", "values"];
  throw new ConfigError(
    `environments/${environment.name}.ts`,
    problems.map((problem) => ({ ...problem, path: [...valuesPath, ...problem.path] })),
  );
}
