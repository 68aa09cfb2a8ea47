import { z } from "zod";
import type { KubernetesCluster } from "../../../model/topology";

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

/**
 * Number of the cluster's servers that the nodes have room for. The cluster's own running servers count as free room.
 */
export function roomFor(
  { name, platform }: KubernetesCluster,
  { items: nodes }: Nodes,
  { items: pods }: NodePods,
): number {
  const isOwn = ({ metadata }: NodePods["items"][number]) =>
    metadata.namespace === platform.namespace && metadata.labels["app.kubernetes.io/instance"] === name;
  const others = pods.filter((pod) => !isOwn(pod) && !["Succeeded", "Failed"].includes(pod.status.phase ?? ""));
  const perNode = nodes.map(({ metadata, spec, status }) => {
    if (spec.unschedulable) return 0;
    const here = others.filter(({ spec }) => spec.nodeName === metadata.name).flatMap(({ spec }) => spec.containers);
    const free = (what: "cpu" | "memory") =>
      quantity(status.allocatable[what]) -
      here.reduce((sum, { resources }) => sum + quantity(resources.requests[what]), 0);
    return Math.max(0, Math.min(Math.floor(free("cpu") / platform.cpu), Math.floor(free("memory") / platform.memory)));
  });
  return perNode.reduce((sum, count) => sum + count, 0);
}
