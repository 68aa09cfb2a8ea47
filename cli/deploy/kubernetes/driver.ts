import type { KubernetesStack } from "../../../model/topology";
import { kubernetesNames, vaultClusters } from "../../../model/topology";
import { counted } from "../../core/counted";
import type { Progress } from "../../core/steps";
import { imagesOf } from "../../images/destinations";
import { pushImage } from "../../images/push";
import { baseImage } from "../../images/settings";
import { KubernetesSecretStore } from "../../keys/kubernetes-secret";
import { pushSecrets } from "../../keys/push";
import type { DeployDriver } from "../driver";
import { accessOf, type DeployTarget } from "../target";
import { checkKubernetes } from "./check";
import { clusterOn, namespaceOf } from "./cluster";
import { driftedStreams } from "./drifted-streams";
import { explainFailure } from "./explain";
import { deletePendingRelease } from "./helm-release";
import { joinLeafNodes } from "./join-leaf-nodes";
import { refuseEmptyCertificates } from "./local-certificates";
import { respondersFirst } from "./responders-first";
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
  drifted: async (target, stack, changed, show) =>
    stack.layer === "streams" ? driftedStreams(target, stack, changed, show) : [],
  before: async (target, stack, progress) => {
    if (stack.layer !== "core") return;
    await refuseEmptyCertificates(target, stack.cluster);
    await deletePendingRelease(target, stack.cluster);
    await respondersFirst(target, stack.cluster, progress);
  },
  after: (target, stack) =>
    stack.layer === "pki"
      ? {
          title: `Keys and images of ${stack.cluster}`,
          work: async (progress) => {
            await pushKeys(target, stack, progress);
            await pushImages(target, stack, progress);
          },
        }
      : undefined,
  explain: (target, stack) => explainFailure(target, stack),
  finish: joinLeafNodes,
  check: checkKubernetes,
  retainedResources,
};

/** The Secret that servers and programs read their keys from. */
export function keySecret(target: DeployTarget, cluster: string): KubernetesSecretStore {
  const { context, env } = accessOf(target, cluster);
  const { certificates } = kubernetesNames(target.environment.name, cluster);
  return new KubernetesSecretStore(namespaceOf(target, cluster), certificates.servers, context, env);
}

async function pushKeys(target: DeployTarget, { id, cluster }: KubernetesStack, progress: Progress): Promise<void> {
  const { written, unchanged } = await pushSecrets(target.topology, target.keys, keySecret(target, cluster));
  progress(`${id}: ${counted(written, "key")} pushed, ${unchanged} were there already`);
}

/** Pushes the programs' images, unless the configuration names a tag of existing ones. */
async function pushImages(target: DeployTarget, { id, cluster }: KubernetesStack, progress: Progress): Promise<void> {
  const { root, environment, topology, env } = target;
  const { images } = clusterOn(target, cluster).platform;
  if (images.tag !== undefined) return;
  const base = baseImage(undefined, env);
  for (const program of imagesOf(environment, topology, cluster)) {
    const { tag, pushed } = await pushImage({ root, program, base, repository: `${images.programs}/${program}` });
    progress(`${id}: ${program}:${tag} ${pushed ? "pushed" : "was there"}`);
  }
}
