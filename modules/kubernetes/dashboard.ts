import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import type { Construct } from "constructs";
import { toDashboard } from "../../templates/kubernetes-monitoring";
import { json } from "../terraform/json";
import { type KubernetesContext, labelsOf } from "./context";

type Wanted = NonNullable<KubernetesContext["cluster"]["platform"]["monitoring"]["dashboard"]>;

/** A dashboard in a ConfigMap, which Grafana's sidecar finds by its labels. */
export function addDashboard(scope: Construct, context: KubernetesContext, { namespace, labels }: Wanted): void {
  const { environment, cluster } = context;
  // Dashboards of several environments may lie in one namespace, and in one folder of the sidecar.
  const name = `nats-${environment.name}-${cluster.name}-dashboard`;
  new ConfigMapV1(scope, "dashboard", {
    metadata: { name, namespace: namespace ?? context.namespace, labels: { ...labelsOf(context), ...labels } },
    data: {
      [`${name}.json`]: json(
        toDashboard({ environment: environment.name, cluster: cluster.name, namespace: context.namespace }),
      ),
    },
  });
}
