import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { leafPeers } from "../../../model/topology";
import { requestReload } from "../../../runtime/certificate-renewal/reload";
import type { Progress, Step } from "../../core/steps";
import type { DeployTarget } from "../target";
import { judgeLeafNodes } from "./check-servers";
import { clusterAccess, clusterOn } from "./cluster";
import { withServers } from "./connection";
import { type Links, reloadUntilLinked } from "./leaf-links";
import { collectServerInfo, type ServerInfo } from "./server-info";

/** After this time every pod sees a changed Secret: its kubelet syncs about once a minute. */
const seenMs = 150_000;
const pauseMs = 10_000;

/**
 * Makes linked servers load each other's new authorities: pods see a changed Secret late, and servers read it only when
 * they reload. Servers whose links are up, or that have loaded the current authorities, are not reloaded.
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
          readLinks: (name) => readLinks(target, name),
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

/** Links of a cluster that are not up, and whether its servers may still use older authorities. */
async function readLinks(target: DeployTarget, name: string): Promise<Links> {
  const changed = await authoritiesChanged(target, name);
  return withServers(target, name, async (connect) => {
    const show = await collectServerInfo(await (await connect("sys")).connection());
    const links = judgeLeafNodes(target.topology, target.trust, clusterOn(target, name), show);
    const down = links.filter(({ ok }) => !ok).map(({ what }) => what);
    return { name, down, staleAuthorities: mayUseStaleAuthorities(changed, show) };
  });
}

/** True when a server may have loaded its configuration before its pod saw the change. */
export const mayUseStaleAuthorities = (changed: Date, { varz }: Pick<ServerInfo, "varz">): boolean =>
  [...varz.values()].some(
    ({ config_load_time: loaded }) => loaded !== undefined && Date.parse(loaded) < changed.getTime() + seenMs,
  );

const Fields = z.object({
  metadata: z.object({
    creationTimestamp: z.string(),
    managedFields: z.array(z.object({ time: z.string().optional() })).default([]),
  }),
});

/** Time of the last change of the Secret with the authorities. */
async function authoritiesChanged(target: DeployTarget, name: string): Promise<Date> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const request = ["get", "secret", names.certificates.authorities, "--show-managed-fields"];
  const { creationTimestamp, managedFields } = (await kubectl.json(Fields, ...inside, ...request)).metadata;
  const times = [creationTimestamp, ...managedFields.flatMap(({ time }) => time ?? [])];
  return new Date(Math.max(...times.map((time) => Date.parse(time))));
}
