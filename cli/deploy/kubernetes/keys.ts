import type { KubernetesStack } from "../../../model/topology";
import { clusterOf, kubernetesNames } from "../../../model/topology";
import { counted } from "../../core/counted";
import type { Progress, Step } from "../../core/steps";
import { KubernetesSecretStore } from "../../keys/kubernetes-secret";
import { type DeployedKeys, pushSecrets, removeStrayKeys } from "../../keys/push";
import { accessOf, type DeployTarget } from "../target";
import { namespaceOf } from "./cluster";

/** The Secret that servers and programs read their keys from. */
export function keySecret(target: DeployTarget, cluster: string): KubernetesSecretStore {
  const { context, env } = accessOf(target, cluster);
  const { certificates } = kubernetesNames(target.environment.name, cluster);
  return new KubernetesSecretStore(namespaceOf(target, cluster), certificates.servers, context, env);
}

/** What that Secret holds. Whoever may read it has all of it, so what nobody there reads is not there. */
export const keysOf = ({ topology }: DeployTarget, cluster: string): DeployedKeys => ({
  clusters: [clusterOf(topology, cluster)],
  personal: false,
});

export async function pushKeys(
  target: DeployTarget,
  { id, cluster }: KubernetesStack,
  progress: Progress,
): Promise<void> {
  const { written, unchanged } = await pushSecrets(
    target,
    target.keys,
    keySecret(target, cluster),
    keysOf(target, cluster),
  );
  progress(`${id}: ${counted(written, "key")} pushed, ${unchanged} were there already`);
}

/**
 * Removes what nobody reads any more from the clusters' Secrets: last, since pods of before mount what they read by
 * name until they are replaced.
 */
export const tidyKeys = (target: DeployTarget, stacks: readonly KubernetesStack[]): Step[] =>
  stacks
    .filter(({ layer }) => layer === "pki")
    .map(({ cluster }) => ({
      title: `Keys that nobody in ${cluster} reads`,
      work: async (progress: Progress) => {
        const removed = await removeStrayKeys(target, keySecret(target, cluster), keysOf(target, cluster));
        progress(`${cluster}: ${removed.length === 0 ? "there are none" : `${removed.join(", ")} removed`}`);
      },
    }));
