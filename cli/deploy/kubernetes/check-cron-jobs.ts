import { z } from "zod";
import { clusterOf } from "../../../model/topology";
import type { DeployRow } from "../../core/rows";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";

const CronJob = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ schedule: z.string(), suspend: z.boolean().default(false) }),
});
const Job = z.object({
  metadata: z.object({
    name: z.string(),
    creationTimestamp: z.string(),
    ownerReferences: z.array(z.object({ kind: z.string(), name: z.string() })).default([]),
  }),
  status: z.object({
    conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).default([]),
  }),
});
export type CronJob = z.output<typeof CronJob>;
export type Job = z.output<typeof Job>;

/** Check that a CronJob is not suspended, and that its last run has not failed. */
export function judgeCronJob({ metadata, spec }: CronJob, jobs: readonly Job[]): { ok: boolean; seen: string } {
  if (spec.suspend) return { ok: false, seen: "suspended" };
  const own = jobs.filter((job) =>
    job.metadata.ownerReferences.some(({ kind, name }) => kind === "CronJob" && name === metadata.name),
  );
  const ended = own.flatMap((job) =>
    job.status.conditions
      .filter(({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"))
      .map(({ type, message }) => ({ at: job.metadata.creationTimestamp, failed: type === "Failed", message })),
  );
  const last = ended.sort((a, b) => a.at.localeCompare(b.at)).at(-1);
  if (!last) return { ok: true, seen: `${spec.schedule}; no run has ended yet` };
  const result = last.failed ? `failed: ${last.message ?? "no reason"}` : "complete";
  return { ok: !last.failed, seen: `${spec.schedule}; run of ${last.at} ${result}` };
}

/** Jobs on a schedule: renewal of certificates, backups. */
export async function checkCronJobs(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const cluster = clusterOf(target.topology, name);
  const selector = `app.kubernetes.io/part-of=${target.environment.name}-${name}`;
  const list = (kind: string) => [...inside, "get", kind, "--selector", selector];
  const [cronJobs, jobs] = await Promise.all([
    kubectl.json(z.object({ items: z.array(CronJob) }), ...list("cronjobs")),
    kubectl.json(z.object({ items: z.array(Job) }), ...list("jobs")),
  ]);
  const expected = [...(cluster.renewsByJob ? [names.renewal] : []), ...(cluster.backup ? [names.backup] : [])];
  const missing = expected.filter((start) => !cronJobs.items.some(({ metadata }) => metadata.name.startsWith(start)));
  return [
    ...cronJobs.items.map(
      (job): DeployRow => ({ group: "jobs", what: job.metadata.name, ...judgeCronJob(job, jobs.items) }),
    ),
    ...missing.map((what): DeployRow => ({ group: "jobs", what, ok: false, seen: "there is no such CronJob" })),
  ];
}
