import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";

const Claims = z.object({
  items: z.array(z.object({ metadata: z.object({ name: z.string() }) })),
});
const Volumes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      spec: z.object({
        claimRef: z.object({ namespace: z.string().optional(), name: z.string().optional() }).optional(),
        persistentVolumeReclaimPolicy: z.string().optional(),
      }),
    }),
  ),
});

/** Volume claims and volumes of the clusters' namespaces: a destroy keeps this data. */
export async function retainedResources(target: DeployTarget, stacks: readonly KubernetesStack[]): Promise<string[]> {
  const lines: string[] = [];
  for (const name of new Set(stacks.map(({ cluster }) => cluster))) {
    const { cluster, namespace, kubectl, inside } = clusterAccess(target, name);
    const claims = await kubectl.json(Claims, ...inside, "get", "persistentvolumeclaims");
    lines.push(...claims.items.map(({ metadata }) => `claim ${namespace}/${metadata.name}`));
    const volumes = await kubectl.json(Volumes, "get", "persistentvolumes");
    const kept = volumes.items.filter(({ spec }) => spec.claimRef?.namespace === namespace);
    lines.push(
      ...kept.map(
        ({ metadata, spec }) =>
          `volume ${metadata.name} of ${spec.claimRef?.name} (${spec.persistentVolumeReclaimPolicy}), with the data of ${cluster.name}`,
      ),
    );
  }
  return [...new Set(lines)];
}
