import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { leafPeers } from "../../../model/topology";
import { requestReload } from "../../../runtime/certificate-renewal/reload";
import type { Progress, Step } from "../../core/output";
import type { DeployTarget } from "../target";
import { judgeLeafNodes } from "./check-servers";
import { clusterAccess, clusterOn } from "./cluster";
import { withServers } from "./connection";
import { type Links, reloadUntilLinked } from "./leaf-links";
import { collectServerInfo, type ServerInfo } from "./server-info";

/** After this a pod surely sees what a Secret holds: its kubelet looks once a minute or so. */
const seenMs = 150_000;
const pauseMs = 10_000;

/**
 * Servers that meet others over leaf nodes take over the authorities that these are known by: pods see a changed Secret
 * late, and servers read it when they are asked to. Nothing is asked of servers whose links are up, or that have read
 * all there is.
 */
export function joinLeafNodes(target: DeployTarget, stacks: readonly KubernetesStack[]): Step[] {
  const clusters = [...new Set(stacks.map(({ cluster }) => cluster))].filter(
    (name) => leafPeers(target.topology, clusterOn(target, name)).length > 0,
  );
  if (clusters.length === 0) return [];
  return [
    {
      title: `Links of leaf nodes of ${clusters.join(", ")}`,
      work: (progress: Progress) => {
        const deadline = performance.now() + seenMs;
        return reloadUntilLinked(clusters, {
          look: (name) => look(target, name),
          reload: (name) =>
            withServers(target, name, async (connect) => requestReload(await (await connect("sys")).connection())),
          pause: () => new Promise((resolve) => setTimeout(resolve, pauseMs)),
          isSeen: () => performance.now() >= deadline,
          progress,
        });
      },
    },
  ];
}

/** Links of a cluster that are not up, and whether its servers may not have read the authorities of now. */
async function look(target: DeployTarget, name: string): Promise<Links> {
  const changed = await authoritiesChanged(target, name);
  return withServers(target, name, async (connect) => {
    const show = await collectServerInfo(await (await connect("sys")).connection());
    const links = judgeLeafNodes(target.topology, target.trust, clusterOn(target, name), show);
    const down = links.filter(({ ok }) => !ok).map(({ what }) => what);
    return { name, down, staleAuthorities: mayLack(changed, show) };
  });
}

/** Whether a server may have read its configuration before its pod saw what changed then. */
export const mayLack = (changed: Date, { varz }: Pick<ServerInfo, "varz">): boolean =>
  [...varz.values()].some(
    ({ config_load_time: loaded }) => loaded !== undefined && Date.parse(loaded) < changed.getTime() + seenMs,
  );

const Fields = z.object({
  metadata: z.object({
    creationTimestamp: z.string(),
    managedFields: z.array(z.object({ time: z.string().optional() })).default([]),
  }),
});

/** When the Secret that holds the authorities was last written. */
async function authoritiesChanged(target: DeployTarget, name: string): Promise<Date> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const asked = ["get", "secret", names.certificates.authorities, "--show-managed-fields"];
  const { creationTimestamp, managedFields } = (await kubectl.json(Fields, ...inside, ...asked)).metadata;
  const times = [creationTimestamp, ...managedFields.flatMap(({ time }) => time ?? [])];
  return new Date(Math.max(...times.map((time) => Date.parse(time))));
}
