import { rmSync } from "node:fs";
import { z } from "zod";
import { writeFileAtomically } from "../../artifacts/files";
import { type ClusterTopology, streamsInbox } from "../../model/topology";
import type { ClusterDriver } from "../../runtime/roll/driver";
import { type RollProps, rollServers } from "../../runtime/roll/roll";
import { projectRoot } from "../core/environments";
import { type Host, notices } from "../core/host";
import { withLock } from "../core/lock";
import { readOwn } from "../core/own-file";
import { UserError } from "../core/project";
import { requireNatsServer } from "../core/toolbox/missing";
import type { TwinFolder } from "../core/twin-folder";
import { usualRate } from "./audit";
import { loadTwinTrust, openTwin, type Twin } from "./context";
import { twinDriver } from "./roll-driver";
import { stoppingPlainly } from "./roll-stopped";
import { type PlannedServer, planServer } from "./servers";

export interface RollOptions {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
  /** Each server comes back with an empty disk, as where a disk goes with its task. */
  emptyDisks?: boolean;
  /** Streams that may lose their only copy. */
  allowDataLoss?: readonly string[];
  /** Bytes a second that are read of each replica. @default 16 MiB */
  bytesPerSecond?: number;
}

export interface Rolled {
  environment: string;
  /** Servers that this call has restarted, in their order. */
  servers: string[];
}

/** What a roll of a twin waits for, and how it reads. */
export const twinRoll = { patienceMs: 15_000, backMs: 600_000, bytesPerSecond: usualRate, inboxPrefix: streamsInbox };

/**
 * Restarts every server of a twin with the configuration that it has, one after another, while everything is used. A roll that was
 * killed is gone on with by the next one.
 *
 * @throws UserError when others could not do without a server, or it does not come back: the roll stops there
 */
export async function rollTwin(
  name: string,
  { root = projectRoot(), emptyDisks = false, allowDataLoss, bytesPerSecond = usualRate }: RollOptions,
  host: Host,
): Promise<Rolled> {
  const twin = await openTwin(name, root);
  return withLock(twin.folder.lock, async () => {
    const natsServer = requireNatsServer(twin.topology.nats.version);
    const servers: string[] = [];
    const props: RollProps = {
      ...twinRoll,
      bytesPerSecond,
      allowed: allowDataLoss,
      loses: emptyDisks ? "everything" : "memory",
      empties: emptyDisks,
      say: notices(host),
    };
    const since = beginRoll(twin.folder, name, emptyDisks);
    for (const cluster of twin.topology.clusters) {
      const planned = plannedAsTheyRun(twin, cluster, root);
      const driver = twinDriver(twin, cluster, planned, natsServer);
      const left = await stillToRoll(driver, since);
      await stoppingPlainly(name, () => rollServers(driver, left, props));
      servers.push(...left);
    }
    rmSync(twin.folder.roll, { force: true });
    return { environment: name, servers };
  });
}

const Begun = z.object({ since: z.int(), emptyDisks: z.boolean() });

/** When the roll began, also where an earlier call was killed: servers that began later are done. */
function beginRoll({ roll }: TwinFolder, name: string, emptyDisks: boolean): number {
  const begun = readOwn(roll, (text) => Begun.parse(JSON.parse(text)), "remove it: the next roll begins anew");
  if (begun && begun.emptyDisks !== emptyDisks)
    throw new UserError(
      `a roll ${begun.emptyDisks ? "that empties disks" : "that keeps disks"} is not finished`,
      `natsform roll ${name}${begun.emptyDisks ? " --empty-disks" : ""} goes on with it`,
    );
  const since = begun?.since ?? Date.now();
  writeFileAtomically(roll, `${JSON.stringify({ since, emptyDisks })}\n`);
  return since;
}

async function stillToRoll(driver: ClusterDriver, since: number): Promise<string[]> {
  const { servers } = await driver.look();
  return servers.filter(({ runs, startedMs = 0 }) => !runs || startedMs < since).map(({ name }) => name);
}

/** What each server of a cluster is to run. */
export function plannedServers(twin: Twin, cluster: ClusterTopology, root: string): PlannedServer[] {
  const trust = loadTwinTrust(twin, root);
  return cluster.servers.map((server) => planServer(twin, cluster, server, trust));
}

/** @throws UserError where servers do not run what the environment says: a roll changes nothing */
function plannedAsTheyRun(twin: Twin, cluster: ClusterTopology, root: string): PlannedServer[] {
  const planned = plannedServers(twin, cluster, root);
  const other = planned.filter(({ step }) => step === "reload" || step === "restart").map(({ server }) => server.name);
  if (other.length > 0)
    throw new UserError(
      `${other.join(", ")} ${other.length === 1 ? "does" : "do"} not run what the environment says: a roll changes nothing`,
      `natsform up ${twin.topology.environment}`,
    );
  return planned;
}
