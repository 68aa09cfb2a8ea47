import { createHash } from "node:crypto";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { HorizontalPodAutoscalerV2 } from "@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2";
import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Construct } from "constructs";
import { toAuthRules } from "../../templates/callout-rules";
import { leastResponders, programRequests, quantities } from "../../templates/kubernetes-requests";
import { json } from "../terraform/json";
import { calloutPort, calloutVariables, oidcFile, rulesFolder } from "./auth-callout-environment";
import { authoritiesMount, programKeys } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";
import { volumeMounts, volumes } from "./pod";
import { programContainer, programPod } from "./program";

const port = calloutPort;
const program = "auth-callout";
/** Annotation that `kubectl rollout restart` sets. */
const restartedAt = 'spec[0].template[0].metadata[0].annotations["kubectl.kubernetes.io/restartedAt"]';

/** The responders of a cluster's auth callout: spread over the nodes, and more of them while there is more to do. */
export class AuthCallout extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const { names, namespace, topology, trust } = context;
    const name = names.callout;
    const labels = labelsOf(context, program);
    const metadata = { name, namespace, labels };
    const selector = { matchLabels: labels };

    const rules = json(toAuthRules(topology, trust, context.cluster));
    const { oidcAuthorities } = context.cluster.platform;
    const configMap = new ConfigMapV1(this, "rules", {
      metadata,
      data: { "rules.json": rules, ...(oidcAuthorities && { [oidcFile]: oidcAuthorities }) },
    });
    const account = new ServiceAccountV1(this, "account", { metadata, automountServiceAccountToken: false });
    const mounts = [
      authoritiesMount(context),
      programKeys(context, program),
      { name: "rules", configMap: name, folder: rulesFolder },
    ];
    const least = leastResponders(topology);
    new DeploymentV1(this, "deployment", {
      metadata,
      spec: {
        selector,
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "0", maxSurge: "1" } },
        template: {
          // Rules are read at start: other rules are other pods.
          metadata: { labels, annotations: { "natsform/rules": digest(rules) } },
          spec: {
            serviceAccountName: name,
            ...programPod,
            topologySpreadConstraint: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
              topologyKey,
              maxSkew: 1,
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: [selector],
            })),
            volume: volumes(mounts),
            container: [
              {
                ...programContainer(context, program, {
                  ...quantities(programRequests["auth-callout"]),
                  variables: calloutVariables(context),
                  volumeMount: volumeMounts(mounts),
                }),
                port: [{ name: "http", containerPort: port }],
                startupProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 2, failureThreshold: 60 },
                // The process runs: while servers are away, a new one would not reach them either.
                livenessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 10 },
                readinessProbe: { httpGet: { path: "/readyz", port: "http" }, periodSeconds: 5, timeoutSeconds: 5 },
              },
            ],
          },
        },
      },
      // The autoscaler's, and the mark of a restart by hand: its removal would restart the pods again.
      lifecycle: { ignoreChanges: ["spec[0].replicas", restartedAt] },
      dependsOn: [configMap, account],
    });
    new PodDisruptionBudgetV1(this, "disruption-budget", { metadata, spec: { maxUnavailable: "1", selector } });
    new HorizontalPodAutoscalerV2(this, "autoscaler", {
      metadata,
      spec: {
        minReplicas: least,
        maxReplicas: least * 5,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
        metric: [
          // Not a share of the request, which is for one that has nothing to do.
          { type: "Resource", resource: { name: "cpu", target: { type: "AverageValue", averageValue: "100m" } } },
        ],
      },
    });
    new ServiceV1(this, "service", {
      metadata,
      spec: { selector: labels, port: [{ name: "http", port, targetPort: "http", appProtocol: "http" }] },
    });
  }
}

const digest = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 32);
