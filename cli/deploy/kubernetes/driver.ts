import type { KubernetesStack } from "../../../model/topology";
import { isBuilt, serviceRepository, vaultClusters } from "../../../model/topology";
import type { Progress, Step } from "../../core/steps";
import { imagesOf } from "../../images/destinations";
import { pushImage } from "../../images/push";
import { baseImage } from "../../images/settings";
import { programSource, serviceSources } from "../../images/source";
import type { DeployDriver } from "../driver";
import { applyPlan } from "../plan";
import { accessOf, type DeployTarget } from "../target";
import { refuseEmptyCertificates } from "./certificate-secrets";
import { checkKubernetes } from "./check";
import { clusterOn, namespaceOf } from "./cluster";
import { driftedCertificates } from "./drifted-certificates";
import { driftedStreams } from "./drifted-streams";
import { dueCertificates } from "./due-certificates";
import { explainFailure } from "./explain";
import { refuseForeignObjects } from "./foreign-objects";
import { deletePendingRelease } from "./helm-release";
import { refuseImmutable } from "./immutable";
import { joinLeafNodes } from "./join-leaf-nodes";
import { pushKeys, tidyKeys } from "./keys";
import { restoreObjects, showMissingObjects } from "./objects";
import { inOtherCluster } from "./other-cluster";
import { respondersFirst } from "./responders-first";
import { carryOutRestarts, holdRestarts } from "./restarts";
import { retainedResources } from "./retained-resources";

/** Clusters on Kubernetes, with the caller's kubeconfig. */
export const kubernetesDriver: DeployDriver<KubernetesStack> = {
  describeTarget: async (target, stacks) => {
    const clusters = [...new Set(stacks.map(({ cluster }) => cluster))];
    const lines = clusters.map((cluster) => {
      const { context, server } = accessOf(target, cluster);
      const where = [context && `context ${context}`, server].filter(Boolean).join(", ");
      return `${cluster}: Kubernetes ${where}, namespace ${namespaceOf(target, cluster)}`;
    });
    return [...lines, ...(vaultClusters(target.topology).length > 0 ? [`Vault ${target.env.VAULT_ADDR}`] : [])];
  },
  refuse: async (target, stacks) => {
    await refuseForeignObjects(target, stacks);
    for (const stack of stacks.filter(({ layer }) => layer === "core")) await refuseImmutable(target, stack);
  },
  // The API refuses what is there already: nothing can be made twice.
  unknownToState: async () => [],
  elsewhere: async (target, { cluster }, state) =>
    // Whoever gives up what was stored may have everything made anew.
    target.allowed?.dataLoss?.includes(cluster) ? undefined : inOtherCluster(target, cluster, state),
  due: async (target, { layer, cluster }, now) => (layer === "core" ? dueCertificates(target, cluster, now) : {}),
  drifted: async (target, stack, changed, show) => {
    if (stack.layer === "streams") return driftedStreams(target, stack, changed, show);
    if (stack.layer !== "core") return [];
    await showMissingObjects(target, stack.cluster, show);
    return driftedCertificates(target, stack, changed, show);
  },
  before: async (target, stack, progress) => {
    if (stack.layer !== "core") return;
    await refuseEmptyCertificates(target, stack.cluster);
    await deletePendingRelease(target, stack.cluster);
    await respondersFirst(target, stack.cluster, progress);
    await holdRestarts(target, stack.cluster);
  },
  apply: (target, stack, _, progress) => applyPlan(target, stack.id, progress),
  after: (target, stack) => {
    if (stack.layer === "core") return objectsAndServers(target, stack.cluster);
    if (stack.layer !== "pki") return undefined;
    return {
      title: `Keys and images of ${stack.cluster}`,
      work: async (progress) => {
        await pushKeys(target, stack, progress);
        await pushImages(target, stack, progress);
      },
    };
  },
  explain: (target, stack) => explainFailure(target, stack),
  finish: (target, stacks) => [...joinLeafNodes(target, stacks), ...tidyKeys(target, stacks)],
  check: checkKubernetes,
  retainedResources,
};

/** Objects first: a pod that comes back waits for what it mounts. */
const objectsAndServers = (target: DeployTarget, cluster: string): Step => ({
  title: `Objects and servers of ${cluster}`,
  work: async (progress) => {
    const objects = await restoreObjects(target, cluster, progress);
    const restarted = await carryOutRestarts(target, cluster, {}, progress);
    return restarted.length > 0 ? `${objects}; ${restarted.join(", ")} restarted` : objects;
  },
});

/** Pushes the images of services, and those of programs unless the configuration names a tag of existing ones. */
async function pushImages(target: DeployTarget, { id, cluster }: KubernetesStack, progress: Progress): Promise<void> {
  const { root, topology, env } = target;
  const { platform, fleet } = clusterOn(target, cluster);
  const programs = platform.images.tag === undefined ? imagesOf(topology, cluster) : [];
  if (programs.length === 0 && !fleet.some(isBuilt)) return;
  const base = baseImage(undefined, env);
  const sources = [
    ...programs.map(
      (program) => [programSource(root, program, base), `${platform.images.programs}/${program}`] as const,
    ),
    ...serviceSources(root, topology, [clusterOn(target, cluster)], base).map(
      (source) => [source, serviceRepository(platform)] as const,
    ),
  ];
  for (const [source, repository] of sources) {
    const { tag, pushed } = await pushImage({ root, source, repository });
    progress(`${id}: ${source.name}:${tag} ${pushed ? "pushed" : "was there"}`);
  }
}
