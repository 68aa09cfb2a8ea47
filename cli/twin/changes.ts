import { writeFileAtomically } from "../../artifacts/files";
import type { ChangePlan, ForbiddenChange, Loss, ServerChange } from "../../model/change";
import type { Topology } from "../../model/topology";
import type { Healthz } from "../../runtime/client/monitoring";
import { planChange } from "../../templates";
import { readOwn } from "../core/own-file";
import { runningProcess } from "../core/processes";
import { UserError } from "../core/project";
import { allServers, type Twin } from "./context";
import { monitoring } from "./monitoring";
import { type PlanOptions, planTwinStreams, refuseLosses } from "./streams";

/** What the last `up` brought about; `undefined` before the first, and where an older natsform did it. */
function appliedTopology({ folder }: Pick<Twin, "folder">): Topology | undefined {
  return readOwn(
    folder.applied,
    (text) => JSON.parse(text) as Topology,
    "remove it; until the next up is done, a change that cannot be made in one step is not recognised",
  );
}

/** Notes what `up` has brought about, for the next one to compare with. */
export function noteApplied({ folder, topology }: Twin): void {
  writeFileAtomically(folder.applied, `${JSON.stringify(topology)}\n`);
}

/** What `up` would do, by what the last one brought about and by what runs. Touches nothing. */
export function planTwin({ folder, topology }: Pick<Twin, "folder" | "topology">): ChangePlan {
  const plan = planChange(appliedTopology({ folder }), topology, { onPlatform: false });
  const found = ({ effect, server, ...rest }: ServerChange): ServerChange =>
    effect === "remove" || runningProcess(folder.server(server))
      ? { ...rest, server, effect }
      : { ...rest, server, effect: "start", disconnects: [] };
  return { ...plan, servers: plan.servers.map(found) };
}

/**
 * Refuses what cannot be done, before the first file or server is touched: changes that no step leads to, and streams
 * that would have to be made anew.
 *
 * @throws UserError that lists all of them
 */
export async function refuseImpossible(twin: Twin, allowed: PlanOptions = {}): Promise<void> {
  const before = appliedTopology(twin);
  if (!before) return;
  const { forbidden, losses } = planTwin(twin);
  if (forbidden.length > 0) throw refusal(twin.topology.environment, forbidden);
  // What streams lose by their settings is found below, where they are asked what they hold.
  const lost = losses.filter(({ name, at }) => !at.startsWith("streams.") && !allowed.allowDataLoss?.includes(name));
  if (lost.length > 0) throw lossRefusal(lost);
  if (!(await allServe(twin, before))) return;
  const known = before.identity.accounts.filter(({ jetstream }) => jetstream).map(({ name }) => name);
  const plans = await planTwinStreams(twin, allowed, ({ cluster, account }) => {
    const old = before.clusters.find(({ name }) => name === cluster.name);
    return old?.jetstream !== undefined && known.includes(account);
  });
  refuseLosses(twin.topology.environment, plans, "\n  no server was touched");
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
