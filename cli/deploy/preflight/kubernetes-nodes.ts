import type { KubernetesCluster } from "../../../model/topology";
import { counted } from "../../core/counted";
import type { Kubectl } from "../../core/kubectl";
import { NodePods, Nodes, roomFor, zonesOf } from "./kubernetes-room";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

/** Nodes with room for every server. */
export function roomNeed(cluster: KubernetesCluster, kubectl: Promise<Kubectl>): Promise<Prerequisite> {
  const { name, platform, servers } = cluster;
  const each = `${platform.cpu} CPU, ${Math.round(platform.memory / 2 ** 20)} MiB`;
  return checkPrerequisite(
    {
      name: `room for ${name}`,
      needed: `${counted(servers.length, "server")} of ${each}`,
      get: "add nodes, or lower cpu and memory of the platform",
    },
    async () => {
      const can = await kubectl;
      const [nodes, pods] = [
        await can.json(Nodes, "get", "nodes"),
        await can.json(NodePods, "get", "pods", "--all-namespaces"),
      ];
      const fitting = roomFor(cluster, nodes, pods);
      return { ok: fitting >= servers.length, found: `for ${fitting} on ${counted(nodes.items.length, "node")}` };
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
