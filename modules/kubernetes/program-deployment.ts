import type { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { DeploymentV1 } from "@cdktf/provider-kubernetes/lib/deployment-v1";
import { HorizontalPodAutoscalerV2 } from "@cdktf/provider-kubernetes/lib/horizontal-pod-autoscaler-v2";
import { PodDisruptionBudgetV1 } from "@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import type { Construct } from "constructs";
import { type KubernetesContext, labelsOf } from "./context";
import { type MountedFiles, volumes } from "./pod";
import { type programContainer, programPod } from "./program";

type Container = ReturnType<typeof programContainer>;

export interface ProgramDeploymentProps {
  context: KubernetesContext;
  /** Of every object. */
  name: string;
  /** Label of the pods. */
  program: string;
  /** Pods are replaced, one after another, when one of these is another. */
  annotations: Record<string, string>;
  container: Container & Record<string, unknown>;
  /** Labels of the pods beside those of a program. */
  labels?: Record<string, string>;
  mounts: readonly MountedFiles[];
  /** Time between the request to stop and the end by force. @default Kubernetes' own 30 seconds */
  stopSeconds?: number;
  /** Seconds for which a new pod has to run before another one goes. @default none: its readiness says it */
  minReadySeconds?: number;
  /** Pods when there is little to do. */
  least: number;
  /** The most, and the load of the CPU that pods come and go for. Without it there are always as many. */
  scale?: { most: number; cpu: CpuTarget; backlog?: ExternalTarget };
  dependsOn?: ConfigMapV1[];
}

/** On average of the pods: an amount such as `100m`, or percent of what they ask for. */
export type CpuTarget = { averageValue: string } | { averageUtilization: number };

/** A metric of Prometheus, as an adapter gives it to autoscalers, and how much of it there may be for each pod. */
export interface ExternalTarget {
  metric: string;
  labels: Record<string, string>;
  perPod: number;
}

/** Annotation that `kubectl rollout restart` sets. */
const restartedAt = 'spec[0].template[0].metadata[0].annotations["kubectl.kubernetes.io/restartedAt"]';

/** A program that is always there: spread over the nodes, replaced one pod after another, and more of it while there is more to do. */
export function programDeployment(scope: Construct, props: ProgramDeploymentProps): void {
  const { context, name, program, annotations, container, mounts, stopSeconds, dependsOn = [] } = props;
  const { least, scale, minReadySeconds } = props;
  const labels = { ...labelsOf(context, program), ...props.labels };
  const metadata = { name, namespace: context.namespace, labels };
  const selector = { matchLabels: labels };
  const account = new ServiceAccountV1(scope, "account", { metadata, automountServiceAccountToken: false });
  new DeploymentV1(scope, "deployment", {
    metadata,
    spec: {
      ...(!scale && { replicas: String(least) }),
      ...(minReadySeconds !== undefined && { minReadySeconds }),
      selector,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "0", maxSurge: "1" } },
      template: {
        metadata: { labels, annotations },
        spec: {
          serviceAccountName: name,
          ...programPod,
          ...(stopSeconds !== undefined && { terminationGracePeriodSeconds: stopSeconds }),
          topologySpreadConstraint: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map((topologyKey) => ({
            topologyKey,
            maxSkew: 1,
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: [selector],
          })),
          volume: volumes(mounts),
          container: [container],
        },
      },
    },
    // The autoscaler's, and the mark of a restart by hand: its removal would restart the pods again.
    lifecycle: { ignoreChanges: [...(scale ? ["spec[0].replicas"] : []), restartedAt] },
    dependsOn: [...dependsOn, account],
  });
  new PodDisruptionBudgetV1(scope, "disruption-budget", { metadata, spec: { maxUnavailable: "1", selector } });
  if (!scale) return;
  const type = "averageValue" in scale.cpu ? "AverageValue" : "Utilization";
  new HorizontalPodAutoscalerV2(scope, "autoscaler", {
    metadata,
    spec: {
      minReplicas: least,
      maxReplicas: scale.most,
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      metric: [
        { type: "Resource", resource: { name: "cpu", target: { type, ...scale.cpu } } },
        ...(scale.backlog ? [external(scale.backlog)] : []),
      ],
    },
  });
}

/** While a metric is missing there are never fewer pods, and more by the others alone. */
const external = ({ metric, labels, perPod }: ExternalTarget) => ({
  type: "External",
  external: {
    metric: { name: metric, selector: [{ matchLabels: labels }] },
    target: { type: "AverageValue", averageValue: String(perPod) },
  },
});

/** Probes by `/healthz` and `/readyz` at the port of that name. */
export const probes = (port: string) => ({
  startupProbe: { httpGet: { path: "/healthz", port }, periodSeconds: 2, failureThreshold: 60 },
  // The process runs: while servers are away, a new one would not reach them either.
  livenessProbe: { httpGet: { path: "/healthz", port }, periodSeconds: 10 },
  readinessProbe: { httpGet: { path: "/readyz", port }, periodSeconds: 5, timeoutSeconds: 5 },
});
