import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Kubectl } from "../core/kubectl";
import { UserError } from "../core/project";
import { container } from "./job";

export interface JobRun {
  /** `job.batch/…`. */
  readonly name: string;
  readonly succeeded: boolean;
}

const Job = z.object({
  status: z.object({
    conditions: z
      .array(z.object({ type: z.string(), status: z.string(), message: z.string().default("") }))
      .default([]),
  }),
});
const Waiting = z.object({ reason: z.string().default(""), message: z.string().default("") });
const Pods = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({
        phase: z.string().default(""),
        containerStatuses: z.array(z.object({ state: z.object({ waiting: Waiting.optional() }) })).default([]),
      }),
    }),
  ),
});
const Events = z.object({ items: z.array(Waiting) });

/** Consecutive requests that may stay without an answer. */
const PATIENCE = 10;

/**
 * Creates a Job and passes on its log, line by line, until it has ended.
 *
 * @param paceMs between two checks of its status
 * @throws UserError when the Job cannot be made or its log cannot be read
 */
export async function runJob(
  kubectl: Kubectl,
  namespace: string,
  job: object,
  onLine: (line: string) => void,
  paceMs = 1000,
): Promise<JobRun> {
  const here = (...args: string[]) => ["--namespace", namespace, ...args] as const;
  const name = await create(kubectl, namespace, job);
  let shown = 0;
  let logError = "";
  // Read in full each time instead of followed: a broken connection must not look like the end of a restore.
  const read = async () => {
    const { code, stdout, stderr } = await kubectl.run(...here("logs", name, "--container", container, "--tail=-1"));
    logError = code === 0 ? "" : stderr.trim();
    const lines = stdout.split("\n").filter((line) => line !== "");
    for (const line of lines.slice(shown)) onLine(line);
    shown = Math.max(shown, lines.length);
  };
  let lastReason = "";
  for (let unanswered = 0; ; await sleep(paceMs)) {
    const { code, stdout, stderr } = await kubectl.run(...here("get", name, "--output", "json"));
    if (code !== 0) {
      if (++unanswered < PATIENCE) continue;
      throw new UserError(
        `cannot read the state of ${name}, which may still run: ${stderr.trim()}`,
        `kubectl get ${name}`,
      );
    }
    unanswered = 0;
    const { status } = Job.parse(JSON.parse(stdout));
    const end = status.conditions.find(
      ({ type, status }) => status === "True" && (type === "Complete" || type === "Failed"),
    );
    await read();
    if (end) {
      for (let again = 1; logError && again < PATIENCE; again++) {
        await sleep(paceMs);
        await read();
      }
      if (logError) throw new UserError(`${name} ended as ${end.type}, and its log cannot be read: ${logError}`);
      return { name, succeeded: end.type === "Complete" };
    }
    const why = await waitingFor(kubectl, namespace, name);
    if (why && why !== lastReason) onLine(why);
    lastReason = why;
  }
}

async function create(kubectl: Kubectl, namespace: string, job: object): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "natsform-job-"));
  try {
    const file = join(folder, "job.json");
    writeFileSync(file, JSON.stringify(job));
    return await kubectl.text("--namespace", namespace, "create", "--filename", file, "--output", "name");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Kubernetes' reason for a pod that does not start: a missing image, a key that was not pushed, no node with room. */
async function waitingFor(kubectl: Kubectl, namespace: string, job: string): Promise<string> {
  const here = ["--namespace", namespace, "get"];
  const of = `job-name=${job.slice(job.indexOf("/") + 1)}`;
  const pods = await query(kubectl, Pods, ...here, "pods", "--selector", of);
  const pod = pods?.items.find(({ status }) => status.phase === "Pending");
  if (!pod) return "";
  const reasons = pod.status.containerStatuses.flatMap(({ state: { waiting } }) => (waiting?.message ? [waiting] : []));
  const events = `involvedObject.name=${pod.metadata.name},type=Warning`;
  const warnings = await query(kubectl, Events, ...here, "events", "--field-selector", events);
  const [found] = [...reasons, ...(warnings?.items.slice(-1) ?? [])];
  return found ? `${found.reason}: ${found.message}` : "";
}

/** `undefined` without an answer: a caller who may not read events sees less and can still restore. */
async function query<Schema extends z.ZodType>(kubectl: Kubectl, schema: Schema, ...args: string[]) {
  const { code, stdout } = await kubectl.run(...args, "--output", "json");
  return code === 0 ? schema.parse(JSON.parse(stdout)) : undefined;
}
