import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Construct } from "constructs";
import { exporterPort } from "../../templates/helm-values";
import { type KubernetesContext, labelsOf, serverLabels } from "./context";
import { addDashboard } from "./dashboard";
import { exporterPortName, exporterService } from "./monitoring-objects";

/** A Service of every server's metrics, and a dashboard of them. */
export class Monitoring extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const { cluster, namespace } = context;
    const { exporter, dashboard } = cluster.platform.monitoring;
    if (!exporter) return;
    // None of the chart's Services has the exporter's port.
    new ServiceV1(this, "exporter", {
      metadata: { name: exporterService(context), namespace, labels: labelsOf(context, "exporter") },
      spec: {
        // Every server, not one of them; also those that are not ready, whose metrics matter most.
        clusterIp: "None",
        publishNotReadyAddresses: true,
        selector: serverLabels(context),
        port: [{ name: exporterPortName, port: exporterPort, targetPort: "prom-metrics", appProtocol: "http" }],
      },
    });
    if (dashboard) addDashboard(this, context, dashboard);
  }
}

/** URL of the metrics of all servers; `undefined` without exporters. */
export const metricsUrl = (context: KubernetesContext): string | undefined => {
  const { cluster, namespace } = context;
  const { monitoring, clusterDomain } = cluster.platform;
  return monitoring.exporter
    ? `http://${exporterService(context)}.${namespace}.svc.${clusterDomain}:${exporterPort}/metrics`
    : undefined;
};
