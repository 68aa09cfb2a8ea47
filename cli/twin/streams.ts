import type { ClusterTopology } from "../../model/topology";
import { isOfNats } from "../../runtime/client/nats-errors";
import { NotInTime } from "../../runtime/client/retry";
import { type Action, isEmpty, refusals } from "../../runtime/streams/action";
import { ApplyFailed, applyPlan, PlanRefused } from "../../runtime/streams/apply";
import { syncFolders } from "../../runtime/streams/durable";
import { findStreams } from "../../runtime/streams/find";
import { planStreams } from "../../runtime/streams/plan";
import { toStreamSpecs } from "../../templates/stream-specs";
import { counted } from "../core/counted";
import { UserError } from "../core/project";
import { streamsClient } from "./connect";
import type { Twin } from "./context";

const deadlineMs = 60_000;

export interface StreamPlan {
  cluster: ClusterTopology;
  account: string;
  actions: Action[];
}

export interface PlanOptions {
  allowDataLoss?: string[];
  allowRecreate?: string[];
}

interface Scope {
  cluster: ClusterTopology;
  account: string;
}

/** Every JetStream account of each cluster: it holds streams, or may hold some that are no longer configured. */
export function jetStreamScopes({ topology }: Twin): Scope[] {
  const accounts = topology.identity.accounts.filter(({ jetstream }) => jetstream).map(({ name }) => name);
  return topology.clusters
    .filter(({ jetstream }) => jetstream)
    .flatMap((cluster) => accounts.map((account) => ({ cluster, account })));
}

/** Planned changes of each account of each cluster, or of some. Reads only. */
export async function planTwinStreams(
  twin: Twin,
  options: PlanOptions = {},
  isWanted: (scope: Scope) => boolean = () => true,
): Promise<StreamPlan[]> {
  const plans: StreamPlan[] = [];
  for (const { cluster, account } of jetStreamScopes(twin).filter(isWanted)) {
    const client = await streamsClient(twin, cluster, account);
    try {
      const desired = toStreamSpecs(twin.topology, cluster.name, account);
      const found = await findStreams(await client.connection(), Date.now() + deadlineMs, desired);
      const owner = twin.topology.environment;
      plans.push({ cluster, account, actions: planStreams({ desired, found, owner, ...options }) });
    } finally {
      await client.close();
    }
  }
  return plans;
}

/**
 * Refuses plans that would lose something, as a whole.
 *
 * @param more line behind what is refused
 * @throws UserError
 */
export function refuseLosses(environment: string, plans: readonly StreamPlan[], more = ""): void {
  const refused = plans.flatMap(({ actions }) => refusals(actions));
  if (refused.length === 0) return;
  const fix = `natsform streams plan ${environment} shows what may be allowed`;
  throw new UserError(`${new PlanRefused(refused).message}${more}`, fix);
}

/**
 * Applies plans as they were made.
 *
 * @throws UserError when one of them holds a refusal, before the first is applied; or when a cluster is not ready in
 * time
 */
export async function applyTwinStreams(
  twin: Twin,
  plans: StreamPlan[],
  progress: (text: string) => void,
): Promise<number> {
  const { environment } = twin.topology;
  refuseLosses(environment, plans);
  let changed = 0;
  for (const { cluster, account, actions } of plans) {
    if (actions.length === 0) continue;
    const client = await streamsClient(twin, cluster, account);
    try {
      const applied = await applyPlan(await client.connection(), {
        plan: actions,
        owner: environment,
        deadline: Date.now() + deadlineMs,
        progress: ({ action, step, why }) => {
          const what = action.consumer ? `${action.stream}/${action.consumer}` : action.stream;
          if (step !== "done") progress(`${cluster.name}/${account}: ${what}${why ? `: ${why}` : ""}`);
        },
      });
      changed += applied.changed;
    } catch (error) {
      const refused = error instanceof ApplyFailed && isOfNats(error.cause);
      if (error instanceof NotInTime || refused)
        throw new UserError(`${cluster.name}/${account}: ${error.message}`, `natsform status ${environment}`);
      throw error;
    } finally {
      await client.close();
    }
  }
  // Changes count as applied only when they would survive a power cut, so the twin's disks are synced.
  const stores = twin.topology.clusters
    .filter(({ jetstream }) => jetstream)
    .flatMap(({ servers }) => servers.map(({ name }) => twin.folder.server(name).store));
  // Also without changes: an earlier run may have been interrupted between its last change and the sync.
  await syncFolders(stores);
  return changed;
}

/** Brings the streams of every cluster to what the environment says. Returns a summary. */
export async function applyStreams(
  twin: Twin,
  progress: (text: string) => void,
  options: PlanOptions = {},
): Promise<string> {
  const plans = await planTwinStreams(twin, options);
  const changed = await applyTwinStreams(twin, plans, progress);
  const count = twin.topology.streams.length;
  const orphans = plans.flatMap(({ actions }) => actions.filter(({ kind }) => kind === "orphan")).length;
  const left = orphans > 0 ? `, ${orphans} no longer configured (natsform streams plan shows them)` : "";
  return `${count} as configured, ${counted(changed, "change")}${changed > 0 ? ", synced to disk" : ""}${left}`;
}

export const nothingToDo = (plans: StreamPlan[]) => plans.every(({ actions }) => isEmpty(actions));
