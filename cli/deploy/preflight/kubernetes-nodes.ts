import type { KubernetesCluster, Topology } from "../../../model/topology";
import { type PodGroup, podGroups } from "../../../templates/kubernetes-requests";
import { counted } from "../../core/counted";
import type { Kubectl } from "../../core/kubectl";
import { NodePods, Nodes, placePods, zonesOf } from "./kubernetes-room";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

/** Nodes with room for every pod that is there at the same time: servers, responders and Jobs. */
export function roomNeed(
  topology: Topology,
  cluster: KubernetesCluster,
  kubectl: Promise<Kubectl>,
): Promise<Prerequisite> {
  const { name } = cluster;
  const groups = podGroups(topology, cluster);
  const size = ({ cpu, memory }: PodGroup) =>
    `${Math.round(cpu * 1000) / 1000} CPU, ${Math.round(memory / 2 ** 20)} MiB`;
  return checkPrerequisite(
    {
      name: `room for ${name}`,
      needed: groups.map((group) => `${group.count} ${group.what} of ${size(group)}`).join("; "),
      get: `add nodes, or lower cpu and memory of clusters.${name}.platform`,
    },
    async () => {
      const can = await kubectl;
      const [nodes, pods] = [
        await can.json(Nodes, "get", "nodes"),
        await can.json(NodePods, "get", "pods", "--all-namespaces"),
      ];
      const all = placePods(groups, cluster, `${topology.environment}-${name}`, nodes, pods);
      const short = all.filter(({ placed, count }) => placed < count);
      const on = `on ${counted(nodes.items.length, "node")}`;
      if (short.length === 0) return { ok: true, found: `for all ${on}` };
      const fits = short.map(({ what, placed, count }) => `${placed} of ${count} ${what}`);
      return { ok: false, found: `for ${fits.join(", ")} ${on}` };
    },
  );
}

/** Nodes in as many zones as the servers are to be spread over. */
export function zonesNeed({ name, platform }: KubernetesCluster, kubectl: Promise<Kubectl>): Promise<Prerequisite> {
  return checkPrerequisite(
    {
      name: `zones of ${name}`,
      needed: `${platform.zones} with nodes`,
      get: "add nodes in other zones, or lower platform.zones",
    },
    async () => {
      const found = zonesOf(await (await kubectl).json(Nodes, "get", "nodes"));
      return { ok: found.length >= platform.zones, found: found.sort().join(", ") || "none" };
    },
  );
}
