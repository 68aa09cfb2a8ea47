import { z } from "zod";
import type { KubernetesStack } from "../../../model/topology";
import { errorMessage } from "../../../runtime/common/error-message";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { readableLog } from "./log-lines";
import { PodStatus } from "./pod-status";

const Metadata = z.object({ name: z.string(), labels: z.record(z.string(), z.string()).default({}) });
const Jobs = z.object({
  items: z.array(
    z.object({
      metadata: Metadata,
      status: z
        .object({ succeeded: z.number().optional(), failed: z.number().optional(), active: z.number().optional() })
        .default({}),
    }),
  ),
});
const Pods = z.object({ items: z.array(z.object({ metadata: Metadata, status: PodStatus })) });

/** Programs whose Jobs a stack's apply waits for. */
const jobsOf: Partial<Record<KubernetesStack["layer"], string>> = { core: "certificate-renewal", streams: "streams" };

/** Information from the Kubernetes cluster about a failed apply: logs of Jobs, and pods that do not start. */
export async function explainFailure(target: DeployTarget, { cluster, layer }: KubernetesStack): Promise<string[]> {
  const { kubectl, inside } = clusterAccess(target, cluster);
  const part = `app.kubernetes.io/part-of=${target.environment.name}-${cluster}`;
  const program = jobsOf[layer];
  const lines: string[] = [];
  try {
    if (program) {
      const selector = `${part},app.kubernetes.io/name=${program}`;
      const jobs = await kubectl.json(Jobs, ...inside, "get", "jobs", "--selector", selector);
      for (const { metadata } of jobs.items.filter(({ status }) => !status.succeeded)) {
        const log = await logOf(target, cluster, metadata.name);
        lines.push(`log of Job ${metadata.name}:`, ...readableLog(log).map((line) => `  ${line}`));
      }
    }
    const pods = await kubectl.json(Pods, ...inside, "get", "pods");
    lines.push(...pods.items.flatMap(({ metadata, status }) => podFailure(metadata.name, status)));
  } catch (error) {
    // The failed apply itself is reported in any case.
    lines.push(`no further information: ${errorMessage(error)}`);
  }
  return lines;
}

/** Log of a Job's pods; for callers who may not read logs, the last termination message in their status. */
async function logOf(target: DeployTarget, cluster: string, job: string): Promise<string> {
  const { kubectl, inside } = clusterAccess(target, cluster);
  const selector = ["--selector", `batch.kubernetes.io/job-name=${job}`];
  const { stdout, stderr } = await kubectl.run(...inside, "logs", ...selector, "--tail", "40");
  if (stdout.trim() !== "") return stdout;
  const pods = await kubectl.json(Pods, ...inside, "get", "pods", ...selector);
  const left = pods.items.flatMap(({ status }) =>
    status.containerStatuses.flatMap(({ state }) => state.terminated?.message ?? []),
  );
  return left.at(-1) ?? stderr;
}

/** Kubernetes' reasons why a pod is not scheduled or not ready; empty for one that starts or is ready. */
export function podFailure(name: string, { phase, conditions, containerStatuses }: PodStatus): string[] {
  const unscheduled = conditions.filter(({ type, status }) => type === "PodScheduled" && status === "False");
  const waiting = containerStatuses.flatMap(({ name: container, state }) =>
    state.waiting && state.waiting.reason !== "ContainerCreating" && state.waiting.reason !== "PodInitializing"
      ? [`${container}: ${state.waiting.reason}${state.waiting.message ? `: ${state.waiting.message}` : ""}`]
      : [],
  );
  const unready = conditions.filter(
    ({ type, status }) => phase === "Running" && type === "Ready" && status === "False",
  );
  const running = unready.map(({ message }) => `running, but not ready: ${message ?? "no reason"}`);
  return [
    ...unscheduled.map(({ message = "not scheduled" }) => message),
    ...(waiting.length > 0 ? waiting : running),
  ].map((reason) => `pod ${name}: ${reason}`);
}
