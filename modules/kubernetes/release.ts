import { Release } from "@cdktf/provider-helm/lib/release";
import type { ITerraformDependable } from "cdktf";
import { Construct } from "constructs";
import { stringify } from "yaml";
import { ConfigError } from "../../model/config";
import { helmValues, valuesProblems } from "../../templates/helm-values";
import { escapeTemplate } from "../terraform/json";
import type { KubernetesContext } from "./context";
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
    const { chart } = cluster.platform;
    const extraResources = monitoringObjects(context);
    const values = helmValues({ topology, trust, cluster, storageClass, extraResources });
    refuse(context, values);
    this.release = new Release(this, "release", {
      name: names.release,
      namespace,
      ...(chart.path
        ? { chart: chart.path }
        : chart.repository.startsWith("oci://")
          ? { chart: `${chart.repository}/nats`, version: chart.version }
          : { repository: chart.repository, chart: "nats", version: chart.version }),
      values: [escapeTemplate(stringify(values))],
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

function refuse({ environment, cluster }: KubernetesContext, values: unknown): void {
  const problems = valuesProblems(values);
  if (problems.length === 0) return;
  const valuesPath = ["clusters", cluster.name, "platform", "chart", "values"];
  throw new ConfigError(
    `environments/${environment.name}.ts`,
    problems.map((problem) => ({ ...problem, path: [...valuesPath, ...problem.path] })),
  );
}
