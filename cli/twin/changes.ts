import {
  type ChangePlan,
  disconnected,
  type ForbiddenChange,
  type Loss,
  type ServerChange,
  unallowedLosses,
} from "../../model/change";
import type { Trust } from "../../model/config";
import { type Topology, trustOf } from "../../model/topology";
import type { Healthz } from "../../runtime/client/monitoring";
import { planChange } from "../../templates";
import type { Host } from "../core/host";
import { runningProcess } from "../core/processes";
import { UserError } from "../core/project";
import { appliedTopology, appliedTrust } from "./applied";
import { dueCertificates } from "./certificates";
import { allServers, loadTwinTrust, type Twin, twinTrustIfThere } from "./context";
import { monitoring } from "./monitoring";
import { type PlanOptions, planTwinStreams, refuseLosses } from "./streams";

/** What the caller has permitted beforehand, and asks for. */
export interface AgreeOptions extends PlanOptions {
  disconnect?: boolean;
}

/**
 * What `up` would do, by what the last one brought about and by what runs. Touches nothing.
 *
 * @param root folder of the project
 * @param renewals certificates that `up` issues again are part of it
 */
export function planTwin(twin: Pick<Twin, "folder" | "topology">, root: string, renewals = true): ChangePlan {
  const { folder, topology } = twin;
  const [before, after] = [appliedTrust(twin), twinTrustIfThere(twin, root)];
  const plan = planChange(appliedTopology(twin), topology, {
    onPlatform: false,
    trust: before && after && { before, after },
    renewed: renewals ? dueCertificates(topology, folder, new Date()) : {},
  });
  const runs = (server: string) => runningProcess(folder.server(server)) !== undefined;
  const found = ({ effect, server, ...rest }: ServerChange): ServerChange =>
    runs(server)
      ? { ...rest, server, effect }
      : { ...rest, server, effect: effect === "remove" ? effect : "start", disconnects: [] };
  const removed = new Set(plan.servers.filter(({ effect }) => effect === "remove").map(({ server }) => server));
  // What is on servers that leave while they run goes to the others first.
  const notMoved = ({ servers = [] }: Loss) =>
    servers.length === 0 || !servers.every((server) => removed.has(server) && runs(server));
  return {
    ...plan,
    servers: plan.servers.map(found),
    // The memory of a server that does not run is gone already; its disk is not.
    losses: plan.losses.filter(({ servers = [], inMemory }) => !inMemory || servers.some(runs)).filter(notMoved),
  };
}

/**
 * Refuses changes that no step leads to, and asks before something is lost or somebody disconnected. What streams lose by
 * their settings is found afterwards, where they are asked what they hold.
 *
 * @throws UserError before anything is touched
 */
export async function agreeOnUp(twin: Twin, root: string, options: AgreeOptions, host: Host): Promise<void> {
  // The first `up` changes nothing that was there.
  if (!appliedTopology(twin)) return;
  const plan = planTwin(twin, root, false);
  const { environment } = twin.topology;
  if (plan.forbidden.length > 0) throw refusal(environment, plan.forbidden);
  const lost = unallowedLosses(plan, options.allowDataLoss).filter(
    ({ at, servers }) => servers !== undefined || !at.startsWith("streams."),
  );
  const lines = lost.map(({ name, at, what }) => `  ${at}: ${name}: ${what}`).join("\n");
  if (lost.length > 0 && !(await host.confirm(`this would be lost:\n${lines}\nGo on?`, "loss")))
    throw lossRefusal(lost);
  await refuseStreams(twin, options, loadTwinTrust(twin, root));
  const leaving = [
    ...disconnected(plan).map(({ server, disconnects }) => `  ${server}: ${disconnects.join(", ")}`),
    ...(options.disconnect ? ["  everybody whom the callout admitted, to end rights of before"] : []),
  ];
  const question = `these have to reconnect:\n${leaving.join("\n")}\nGo on?`;
  if (leaving.length > 0 && !(await host.confirm(question)))
    throw new UserError(
      `clients would be disconnected, nobody has agreed to it, and nothing was touched:\n${leaving.join("\n")}`,
      `natsform up ${environment} --yes; --plan shows all of it`,
    );
}

/**
 * Refuses streams that would have to be made anew, before the first server is touched.
 *
 * @throws UserError that lists all of them
 */
async function refuseStreams(twin: Twin, allowed: PlanOptions, trust: Trust): Promise<void> {
  const before = appliedTopology(twin);
  if (!before || !(await allServe(twin, before))) return;
  const known = before.identity.accounts.filter(({ jetstream }) => jetstream).map(({ name }) => name);
  const keys = { before: appliedTrust(twin), now: trust };
  const plans = await planTwinStreams(twin, allowed, ({ cluster, account }) => {
    const old = before.clusters.find(({ name }) => name === cluster.name);
    return old?.jetstream !== undefined && known.includes(account) && canStillRead(keys, cluster.name, account);
  });
  refuseLosses(twin.topology.environment, plans, "\n  no server was touched");
}

/**
 * True when servers that run with the keys of before admit who reads an account's streams: neither the account nor its user of
 * streams was made anew. Another account has no streams to lose.
 */
function canStillRead({ before, now }: { before?: Trust; now: Trust }, cluster: string, account: string): boolean {
  if (!before) return true;
  const [old, next] = [trustOf(before, cluster), trustOf(now, cluster)];
  const user = `streams-${account}`;
  // While a rotation is not finished, the user of before is known as well.
  const users = [next.users[user], next.previous?.[`user-${user}`]];
  return old.accounts[account]?.publicKey === next.accounts[account]?.publicKey && users.includes(old.users[user]);
}

/** True when every server of before runs and is healthy: only then its streams answer at once. */
async function allServe(twin: Twin, before: Topology): Promise<boolean> {
  const health = await Promise.all(
    allServers(before).map(async ({ server: { name } }) => {
      const port = twin.ports.servers[name]?.monitoring;
      if (port === undefined || !runningProcess(twin.folder.server(name))) return false;
      return (await monitoring<Healthz>(port, "/healthz"))?.status === "ok";
    }),
  );
  return health.every(Boolean);
}

const refusal = (environment: string, forbidden: readonly ForbiddenChange[]) =>
  new UserError(
    [
      `this cannot be changed in one step, and nothing was touched:`,
      ...forbidden.map(({ at, message, steps }) => `  ${at}: ${message}\n    ${steps}`),
    ].join("\n"),
    `restore it; or, where the twin's data may go, natsform down ${environment} --wipe and up again`,
  );

const lossRefusal = (lost: readonly Loss[]) =>
  new UserError(
    [
      "this would be lost, and nothing was touched:",
      ...lost.map(({ name, at, what }) => `  ${at}: ${name}: ${what}`),
    ].join("\n"),
    `--allow-data-loss ${lost.map(({ name }) => name).join(" ")}`,
  );
