import { z } from "zod";
import { calloutKeys, serverImage } from "../../../model/topology";
import { checkRow, type DeployRow } from "../../core/rows";
import { withKeys } from "../rotation-step";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { judgeDeployment, keysOf, Responders } from "./responders";

const Pod = z.object({
  metadata: z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string() })) }),
  status: z.object({
    phase: z.string().optional(),
    containerStatuses: z
      .array(z.object({ name: z.string(), ready: z.boolean(), restartCount: z.number() }))
      .default([]),
  }),
});
const Pods = z.object({ items: z.array(Pod) });
export type Pod = z.output<typeof Pod>;

const StatefulSet = z.object({
  metadata: z.object({ generation: z.number() }),
  spec: z.object({ replicas: z.number() }),
  status: z.object({
    observedGeneration: z.number().default(0),
    readyReplicas: z.number().default(0),
    updatedReplicas: z.number().default(0),
    currentRevision: z.string().optional(),
    updateRevision: z.string().optional(),
  }),
});
export type StatefulSet = z.output<typeof StatefulSet>;

/** Check that every container of a pod is ready, and that the named one has the given image. */
export function judgePod(pod: Pod | undefined, container: string, image: string): { ok: boolean; seen: string } {
  if (!pod) return { ok: false, seen: "there is no such pod" };
  const runs = pod.spec.containers.find(({ name }) => name === container)?.image ?? "no such container";
  const { containerStatuses: statuses, phase } = pod.status;
  const ready = statuses.filter(({ ready }) => ready).length;
  const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const ok = statuses.length > 0 && ready === statuses.length && runs === image;
  const state = ready === statuses.length && ready > 0 ? "ready" : `${ready} of ${statuses.length} ready, ${phase}`;
  return {
    ok,
    seen: `${state}, ${runs}${runs === image ? "" : `, not ${image}`}${restarts > 0 ? `, ${restarts} restarts` : ""}`,
  };
}

/** Check that every server is ready and of the last revision. */
export function judgeStatefulSet({ metadata, spec, status }: StatefulSet, size: number): { ok: boolean; seen: string } {
  const { observedGeneration, readyReplicas, updatedReplicas, currentRevision, updateRevision } = status;
  const rolled =
    observedGeneration >= metadata.generation &&
    (currentRevision === updateRevision || updatedReplicas === spec.replicas);
  const ok = rolled && spec.replicas === size && readyReplicas === size;
  return { ok, seen: `${readyReplicas} of ${spec.replicas} ready, ${rolled ? "rolled out" : "still rolling out"}` };
}

/** The servers' pods, and the StatefulSet that they belong to. */
export async function checkPods(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { cluster, names, kubectl, inside } = clusterAccess(target, name);
  const image = serverImage(target.topology.nats, cluster.platform);
  const selector = `app.kubernetes.io/instance=${names.release},app.kubernetes.io/component=nats`;
  return Promise.all([
    checkRow("pods", `StatefulSet ${names.release}`, async () =>
      judgeStatefulSet(
        await kubectl.json(StatefulSet, ...inside, "get", "statefulset", names.release),
        cluster.servers.length,
      ),
    ),
    ...cluster.servers.map((server) =>
      checkRow("pods", server.name, async () => {
        const { items } = await kubectl.json(Pods, ...inside, "get", "pods", "--selector", selector);
        return judgePod(
          items.find(({ metadata }) => metadata.name === server.name),
          "nats",
          image,
        );
      }),
    ),
  ]);
}

/** The desired number of responders, all of the last revision, with the keys of the trust file. */
export async function checkResponders(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  return [
    await checkRow("pods", names.callout, async () => {
      const found = await kubectl.json(Responders, ...inside, "get", "deployment", names.callout);
      return judgeResponders(found, calloutKeys(target.topology, target.trust, name));
    }),
  ];
}

export const judgeResponders = (found: Responders, keys: string) =>
  withKeys(judgeDeployment(found, "responders"), keysOf(found), keys);
