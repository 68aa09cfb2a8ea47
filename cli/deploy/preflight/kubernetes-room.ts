import { z } from "zod";
import type { KubernetesCluster } from "../../../model/topology";
import type { PodGroup } from "../../../templates/kubernetes-requests";

const quantities = z.record(z.string(), z.string()).default({});
export const Nodes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), labels: quantities }),
      spec: z.object({ unschedulable: z.boolean().default(false) }).prefault({}),
      status: z.object({ allocatable: quantities }),
    }),
  ),
});
export const NodePods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ namespace: z.string(), labels: quantities }),
      spec: z.object({
        nodeName: z.string().optional(),
        containers: z.array(z.object({ resources: z.object({ requests: quantities }).prefault({}) })),
      }),
      status: z.object({ phase: z.string().optional() }).prefault({}),
    }),
  ),
});
export type Nodes = z.output<typeof Nodes>;
export type NodePods = z.output<typeof NodePods>;

const units: Record<string, number> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/** A quantity as Kubernetes writes it, `500m` or `4Gi`, in CPUs or bytes. NaN for none. */
export function quantity(text = "0"): number {
  const [, number = "", unit = ""] = /^([0-9.]+(?:e[0-9]+)?)([A-Za-z]*)$/.exec(text) ?? [];
  return Number(number || Number.NaN) * (units[unit] ?? Number.NaN);
}

/** Zones of the nodes that accept pods. */
export const zonesOf = ({ items }: Nodes): string[] => [
  ...new Set(
    items
      .filter(({ spec }) => !spec.unschedulable)
      .flatMap(({ metadata }) => metadata.labels["topology.kubernetes.io/zone"] ?? []),
  ),
];

/** A number of pods, and how many of them find room. */
export interface Placed extends PodGroup {
  placed: number;
}

/**
 * Places pods on the nodes, the largest first and each where most is left. Pods of the same deployment that are there
 * already count as free room.
 *
 * @param deployment label `app.kubernetes.io/part-of` of its programs
 */
export function placePods(
  groups: readonly PodGroup[],
  { name, platform }: KubernetesCluster,
  deployment: string,
  { items: nodes }: Nodes,
  { items: pods }: NodePods,
): Placed[] {
  const isOwn = ({ metadata: { namespace, labels } }: NodePods["items"][number]) =>
    namespace === platform.namespace &&
    (labels["app.kubernetes.io/instance"] === name || labels["app.kubernetes.io/part-of"] === deployment);
  const others = pods.filter((pod) => !isOwn(pod) && !["Succeeded", "Failed"].includes(pod.status.phase ?? ""));
  const free = nodes
    .filter(({ spec }) => !spec.unschedulable)
    .map(({ metadata, status }) => {
      const here = others.filter(({ spec }) => spec.nodeName === metadata.name).flatMap(({ spec }) => spec.containers);
      const left = (what: "cpu" | "memory") =>
        quantity(status.allocatable[what]) -
        here.reduce((sum, { resources }) => sum + quantity(resources.requests[what]), 0);
      return { cpu: left("cpu"), memory: left("memory") };
    });
  return groups.map((group) => {
    let placed = 0;
    while (placed < group.count) {
      // Sums of requests are not exact: a millionth of a CPU decides nothing.
      const [roomiest] = free
        .filter(({ cpu, memory }) => cpu >= group.cpu - 1e-6 && memory >= group.memory)
        .sort((a, b) => b.cpu - a.cpu);
      if (!roomiest) break;
      roomiest.cpu -= group.cpu;
      roomiest.memory -= group.memory;
      placed++;
    }
    return { ...group, placed };
  });
}
