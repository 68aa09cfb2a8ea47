import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { streamsInbox } from "../../../model/topology";
import { NotBack, type RollProps, rollServers } from "../../../runtime/roll/roll";
import { UserError } from "../../core/project";
import type { Progress } from "../../core/steps";
import { usualRate } from "../../twin/audit";
import { stoppingRoll } from "../roll-stopped";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { isReady, kubernetesRollDriver, loginIsRefused, notRunning, revisionOf, runs, serverPods } from "./roll-driver";

/** Says that pods are replaced by natsform, so that who was killed meanwhile is gone on with. */
const heldMark = "natsform/restarts";
/** As `kubectl rollout restart` does: another template, with nothing else in it. */
const rolledMark = "natsform/rolled-at";

const StatefulSet = z.object({
  metadata: z.object({ generation: z.number(), annotations: z.record(z.string(), z.string()).default({}) }),
  spec: z.object({ replicas: z.number() }),
  status: z.object({ observedGeneration: z.number().default(0), updateRevision: z.string().default("") }),
});
type StatefulSet = z.output<typeof StatefulSet>;

export interface RestartOptions {
  /** Bytes a second that are read of each replica. @default 16 MiB */
  bytesPerSecond?: number;
}

/** As Helm waits for a release. */
const backMs = 900_000;
const patienceMs = 60_000;
const observedMs = 60_000;
const pollMs = 2000;

async function statefulSet(target: DeployTarget, name: string): Promise<StatefulSet | undefined> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const args = ["get", "statefulset", names.release, "--ignore-not-found", "--output", "json"];
  const answer = await kubectl.text(...inside, ...args);
  return answer === "" ? undefined : StatefulSet.parse(JSON.parse(answer));
}

async function patch(target: DeployTarget, name: string, change: object): Promise<void> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  await kubectl.text(
    ...inside,
    "patch",
    "statefulset",
    names.release,
    "--type=merge",
    "--patch",
    JSON.stringify(change),
  );
}

const heldBy = ({ metadata }: StatefulSet): string | undefined => metadata.annotations[heldMark];

/**
 * Has Kubernetes leave the servers' pods alone whatever changes in their StatefulSet: it knows whether a server answers, and
 * nothing of what the others hold. Helm leaves what is written here, since it is in none of its manifests.
 */
export async function holdRestarts(target: DeployTarget, name: string): Promise<void> {
  const set = await statefulSet(target, name);
  if (set && heldBy(set) === undefined) await patch(target, name, held("deploy"));
}

const held = (by: "deploy" | "roll") => ({
  metadata: { annotations: { [heldMark]: by } },
  spec: { updateStrategy: { type: "OnDelete", rollingUpdate: null } },
});

/** As it was before: whoever changes the StatefulSet by other means has its pods replaced by Kubernetes. */
const release = (target: DeployTarget, name: string): Promise<void> =>
  patch(target, name, {
    metadata: { annotations: { [heldMark]: null } },
    spec: { updateStrategy: { type: "RollingUpdate" } },
  });

/** Asks for new pods of all servers, with the configuration that they have. A roll that was killed is gone on with. */
export async function askForRestarts(target: DeployTarget, name: string, now: Date): Promise<void> {
  const set = await statefulSet(target, name);
  if (!set) throw new UserError(`${name} is not deployed`, `natsform deploy ${target.environment.name}`);
  if (heldBy(set) === "roll") return;
  const { metadata, spec } = held("roll");
  const template = { metadata: { annotations: { [rolledMark]: now.toISOString() } } };
  // At once: who was killed in between would take a roll for begun that nobody had asked for.
  await patch(target, name, { metadata, spec: { ...spec, template } });
}

/**
 * Replaces the pods that are made from what was before, one after another, each only while all other servers serve and hold the
 * same. Goes on where an earlier call was killed.
 *
 * @returns the servers that were restarted, in their order
 * @throws UserError where others could not do without a server, or it does not come back: the rest is left alone, and held still
 */
export async function carryOutRestarts(
  target: DeployTarget,
  name: string,
  { bytesPerSecond = usualRate }: RestartOptions,
  say: Progress,
): Promise<string[]> {
  const set = await observed(target, name);
  if (!set || heldBy(set) === undefined) return [];
  const revision = set.status.updateRevision;
  const pods = await serverPods(target, name);
  const { cluster } = clusterAccess(target, name);
  const wanted = cluster.servers
    .map((one) => one.name)
    .filter((one) => {
      const pod = pods.get(one);
      return pod !== undefined && revisionOf(pod) !== revision;
    });
  if (wanted.length > 0 && (await loginIsRefused(target, name))) {
    say("no server knows natsform's own login yet: Kubernetes restarts them, each when the one before is ready");
    await release(target, name);
    await waitForKubernetes(target, name);
    return wanted;
  }
  const driver = kubernetesRollDriver(target, name, { revision, readyMs: backMs });
  const props: RollProps & { empties?: false } = {
    bytesPerSecond,
    inboxPrefix: streamsInbox,
    // Its volume comes back with it.
    loses: "memory",
    allowed: target.allowed?.dataLoss,
    patienceMs,
    backMs,
    pauseMs: pollMs,
    say,
    empties: false,
  };
  await stoppingRoll(target.environment.name, async () => {
    await newPodsReady(target, name, revision);
    await rollServers(driver, wanted, props);
  });
  await release(target, name);
  return wanted;
}

/** The StatefulSet once Kubernetes has seen its last change: only then it says what pods are to be made from. */
async function observed(target: DeployTarget, name: string): Promise<StatefulSet | undefined> {
  const deadline = Date.now() + observedMs;
  for (;;) {
    const set = await statefulSet(target, name);
    if (!set || set.status.observedGeneration >= set.metadata.generation) return set;
    if (Date.now() > deadline)
      throw new UserError(`Kubernetes does not take over what was changed in the servers of ${name}`);
    await sleep(pollMs);
  }
}

/**
 * Servers that are new, or were restarted by a call that was killed, come before anything is taken from the others. One that
 * runs and does not get ready may wait for those.
 */
async function newPodsReady(target: DeployTarget, name: string, revision: string): Promise<void> {
  const { cluster } = clusterAccess(target, name);
  const begun = Date.now();
  for (;;) {
    const pods = await serverPods(target, name);
    const late = cluster.servers.find((one) => {
      const pod = pods.get(one.name);
      return !pod || (revisionOf(pod) === revision && !isReady(pod));
    });
    if (!late) return;
    const pod = pods.get(late.name);
    if (runs(pod) && Date.now() > begun + patienceMs) return;
    if (Date.now() > begun + backMs) throw new NotBack(late.name, "its pod does not run", notRunning(pod));
    await sleep(pollMs);
  }
}

async function waitForKubernetes(target: DeployTarget, name: string): Promise<void> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const args = ["rollout", "status", `statefulset/${names.release}`, `--timeout=${backMs / 1000}s`];
  const { code, stderr } = await kubectl.runWith("", ...inside, ...args);
  if (code !== 0) throw new UserError(`servers of ${name} are not restarted: ${stderr.trim().split("\n")[0]}`);
}
