import { z } from "zod";
import type { RollDriver } from "../../../runtime/roll/driver";
import { type ServerReports, stateOfReports } from "../../../runtime/roll/reports";
import { NotBack, serves } from "../../../runtime/roll/roll";
import { UserError } from "../../core/project";
import { accountsWithStreams, inAccounts, known, reportsOf, sysOf } from "../ask-cluster";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { withServers } from "./connection";
import { podFailure } from "./explain";
import { PodStatus } from "./pod-status";

const ServerPod = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    deletionTimestamp: z.string().optional(),
  }),
  status: PodStatus,
});
const ServerPods = z.object({ items: z.array(ServerPod) });
export type ServerPod = z.output<typeof ServerPod>;

const server = "nats";
const ofServer = ({ status }: ServerPod) => status.containerStatuses.find(({ name }) => name === server);
export const runs = (pod: ServerPod | undefined): boolean =>
  pod !== undefined && ofServer(pod)?.state.running !== undefined;
export const isReady = (pod: ServerPod): boolean => ofServer(pod)?.ready ?? false;
/** What a StatefulSet has made a pod from. */
export const revisionOf = ({ metadata }: ServerPod): string | undefined => metadata.labels["controller-revision-hash"];

/** The pods of a cluster's servers, by the server's name. */
export async function serverPods(target: DeployTarget, name: string): Promise<ReadonlyMap<string, ServerPod>> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const selector = `app.kubernetes.io/instance=${names.release},app.kubernetes.io/component=nats`;
  const { items } = await kubectl.json(ServerPods, ...inside, "get", "pods", "--selector", selector);
  return new Map(items.map((pod) => [pod.metadata.name, pod]));
}

const graceMs = 60_000;
const pollMs = 1000;

/**
 * How the servers of a cluster on Kubernetes are looked at, stopped and started. Its StatefulSet makes a pod anew as soon as it
 * is gone: to start one is to wait for it.
 *
 * @param revision what each pod is to be made from
 * @param readyMs how long a pod may take to run
 */
export function kubernetesRollDriver(
  target: DeployTarget,
  name: string,
  { revision, readyMs }: { revision: string; readyMs: number },
): RollDriver {
  const { cluster, kubectl, inside } = clusterAccess(target, name);
  const servers = cluster.servers.map((one) => one.name);
  const accounts = accountsWithStreams(target.topology, cluster);
  const podOf = async (one: string) => (await serverPods(target, name)).get(one);
  /** One that serves: whoever else the Service chooses may be cut off. */
  let well: string | undefined;
  const through = () => (well ? (`pod/${well}` as const) : undefined);

  async function end(one: string): Promise<void> {
    const patience = `${(cluster.platform.terminationGraceSeconds * 1000 + graceMs) / 1000}s`;
    // Without a time limit of kubectl's own run: a lame duck takes its time.
    const args = [...inside, "delete", "pod", one, "--ignore-not-found", "--wait=true", `--timeout=${patience}`];
    const { code, stderr } = await kubectl.runWith("", ...args);
    if (code !== 0) throw new UserError(`${one} does not end: ${stderr.trim().split("\n")[0]}`);
  }

  return {
    servers,
    async look() {
      const pods = await serverPods(target, name);
      const running = servers.filter((one) => runs(pods.get(one)));
      const reports = await allReports(target, name, running);
      const state = stateOfReports(servers, reports, { jetstream: cluster.jetstream !== undefined });
      well = state.servers.find(serves)?.name;
      return state;
    },
    inAccounts: (work) => inAccounts(target, accounts, (use) => withServers(target, name, use, through()), work),
    inSystem: (work) => withServers(target, name, async (connect) => work(await sysOf(connect)), through()),
    stop: end,
    async start(one) {
      const old = await podOf(one);
      // One that does not run was not stopped: it is still made from what was before.
      if (old && revisionOf(old) !== revision) await end(one);
      const deadline = Date.now() + readyMs;
      for (;;) {
        const pod = await podOf(one);
        if (pod && runs(pod) && revisionOf(pod) === revision && !pod.metadata.deletionTimestamp) return;
        if (Date.now() > deadline) throw new NotBack(one, "its pod does not run", notRunning(pod));
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    },
    async said(one) {
      const pod = await podOf(one);
      if (!runs(pod)) return notRunning(pod);
      const log = await kubectl.run(...inside, "logs", one, "--container", server, "--tail=5");
      return log.stdout.trim();
    },
  };
}

/** Why the server of a pod does not run, in Kubernetes' words. */
export function notRunning(pod: ServerPod | undefined): string {
  return pod ? podFailure(pod.metadata.name, pod.status).join("\n") : "there is no such pod";
}

/** What all servers say that run; what one does not say to the others, it is asked itself. */
async function allReports(
  target: DeployTarget,
  name: string,
  running: readonly string[],
): Promise<ReadonlyMap<string, ServerReports>> {
  const heard = running.length === 0 ? new Map<string, ServerReports>() : await heardBy(target, name, running);
  for (const one of running.filter((server) => !heard.get(server)?.varz)) {
    const own = await heardBy(target, name, [one], `pod/${one}`);
    const said = own.get(one);
    if (said?.varz) heard.set(one, said);
  }
  return new Map(running.map((one) => [one, heard.get(one) ?? {}]));
}

/** What the servers say that whoever is asked is connected to; nothing where nobody answers. */
async function heardBy(
  target: DeployTarget,
  name: string,
  expected: readonly string[],
  through?: `pod/${string}`,
): Promise<Map<string, ServerReports>> {
  try {
    return await withServers(target, name, async (connect) => reportsOf(await sysOf(connect), expected), through);
  } catch {
    return new Map();
  }
}

/** Whether servers answer, and none of them knows natsform's own login: it was made anew since they began. */
export async function loginIsRefused(target: DeployTarget, name: string): Promise<boolean> {
  let refused = false;
  for (const [one, pod] of await serverPods(target, name)) {
    if (!runs(pod)) continue;
    try {
      if (await known(() => withServers(target, name, sysOf, `pod/${one}`))) return false;
      refused = true;
    } catch {
      // It does not answer: the next may.
    }
  }
  return refused;
}
