import { z } from "zod";
import type { Environment } from "../../../model/config";
import type { Topology } from "../../../model/topology";
import { isOnKubernetes, type KubernetesCluster, vaultClusters } from "../../../model/topology";
import type { Kubectl } from "../../core/kubectl";
import { kubernetesAccess } from "../../core/kubernetes-access";
import { dnsNeed } from "./kubernetes-dns";
import { roomNeed, zonesNeed } from "./kubernetes-nodes";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

const drivers = { gke: "pd.csi.storage.gke.io", eks: "ebs.csi.aws.com" };
const List = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });

const Volumes = z.object({ items: z.array(z.object({ spec: z.object({ storageClassName: z.string().optional() }) })) });

/** Rights, storage, room and resource kinds that each cluster's Kubernetes cluster has to offer. */
export const kubernetesRights = (
  environment: Environment,
  topology: Topology,
  env: Record<string, string>,
): Promise<Prerequisite>[] =>
  topology.clusters.filter(isOnKubernetes).flatMap((cluster) => {
    const kubectl = kubernetesAccess(cluster.platform, env).then((access) => access.kubectl);
    // Each row reports the error.
    kubectl.catch(() => undefined);
    return [
      mayMake(topology, cluster, kubectl),
      ...storage(environment, cluster, kubectl),
      roomNeed(topology, cluster, kubectl),
      ...(cluster.platform.networkPolicies.egress ? [dnsNeed(cluster, kubectl)] : []),
      ...(cluster.platform.zones > 1 ? [zonesNeed(cluster, kubectl)] : []),
      ...otherKinds(cluster, kubectl),
    ];
  });

function mayMake(
  topology: Topology,
  { name, platform }: KubernetesCluster,
  kubectl: Promise<Kubectl>,
): Promise<Prerequisite> {
  const withVault = vaultClusters(topology).some((cluster) => cluster.name === name);
  const desired = ["namespaces", ...(withVault ? ["clusterrolebindings.rbac.authorization.k8s.io"] : [])];
  const inside = ["secrets", "jobs.batch", "deployments.apps", "networkpolicies.networking.k8s.io"];
  return checkPrerequisite(
    {
      name: `rights on ${name}`,
      needed: `create ${desired.map((kind) => kind.split(".")[0]).join(", ")} and everything in ${platform.namespace}`,
      get: "log in as a user with these rights",
    },
    async () => {
      const can = await kubectl;
      const requests = [
        ...desired.map((kind) => [kind]),
        ...inside.map((kind) => [kind, "--namespace", platform.namespace]),
      ];
      const denied: string[] = [];
      for (const [kind = "", ...where] of requests) {
        const { stdout } = await can.run("auth", "can-i", "create", kind, ...where);
        if (stdout.trim() !== "yes") denied.push(kind);
      }
      return { ok: denied.length === 0, found: denied.length === 0 ? "allowed" : `not ${denied.join(", ")}` };
    },
  );
}

function storage(
  environment: Environment,
  { name, platform }: KubernetesCluster,
  kubectl: Promise<Kubectl>,
): Promise<Prerequisite>[] {
  const desired = environment.clusters[name]?.jetstream?.storageClass;
  if (!desired) return [];
  const { flavor } = platform;
  const made = flavor !== "generic" && desired.create;
  const [kind, needed] = made ? ["csidrivers", drivers[flavor]] : ["storageclasses", desired.name];
  return [
    checkPrerequisite(
      {
        name: `volumes of ${name}`,
        needed: `${made ? "driver" : "StorageClass"} ${needed}`,
        get: made ? "install the cloud's CSI driver" : "create it, or name an existing one in jetstream.storageClass",
      },
      async () => {
        const can = await kubectl;
        const names = (await can.json(List, "get", kind)).items.map(({ metadata }) => metadata.name);
        if (names.includes(needed) || made) return { ok: names.includes(needed), found: names.join(", ") || "none" };
        // Volumes that were created by hand need no class object, only its name.
        const volumes = (await can.json(Volumes, "get", "persistentvolumes")).items;
        const ready = volumes.filter(({ spec }) => spec.storageClassName === needed).length;
        return { ok: ready > 0, found: ready > 0 ? `${ready} volumes of that class` : names.join(", ") || "none" };
      },
    ),
  ];
}

/** Resource kinds of others that the configuration uses: the Prometheus operator's, and those of what is before the HTTP gateway. */
function otherKinds({ name, platform, httpGateway }: KubernetesCluster, kubectl: Promise<Kubectl>) {
  const { exporter, monitor, rules } = platform.monitoring;
  const operators = [
    ...(exporter && monitor === "pod" ? ["podmonitors"] : []),
    ...(exporter && monitor === "service" ? ["servicemonitors"] : []),
    ...(rules ? ["prometheusrules"] : []),
  ].map((kind) => `${kind}.monitoring.coreos.com`);
  const routes = [
    "httproutes.gateway.networking.k8s.io",
    ...(platform.flavor === "gke"
      ? ["healthcheckpolicies.networking.gke.io", "gcpbackendpolicies.networking.gke.io"]
      : []),
  ];
  return [
    ...kinds(
      `monitoring of ${name}`,
      "install the Prometheus operator, or switch platform.monitoring off",
      operators,
      kubectl,
    ),
    ...kinds(
      `HTTP gateway of ${name}`,
      "install the Gateway API, or choose an Ingress as httpGateway.front",
      httpGateway?.front?.kind === "route" ? routes : [],
      kubectl,
    ),
  ];
}

function kinds(name: string, get: string, desired: string[], kubectl: Promise<Kubectl>): Promise<Prerequisite>[] {
  if (desired.length === 0) return [];
  return [
    checkPrerequisite({ name, needed: desired.join(", "), get }, async () => {
      const { items } = await (await kubectl).json(List, "get", "customresourcedefinitions");
      const there = desired.filter((kind) => items.some(({ metadata }) => metadata.name === kind));
      return { ok: there.length === desired.length, found: there.join(", ") || "none" };
    }),
  ];
}
