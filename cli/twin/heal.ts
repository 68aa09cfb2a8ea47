import { type Healed, healServer } from "../../runtime/roll/heal";
import { projectRoot } from "../core/environments";
import { type Host, notices } from "../core/host";
import { withLock } from "../core/lock";
import { UserError } from "../core/project";
import { requireNatsServer } from "../core/toolbox/missing";
import { openTwin } from "./context";
import { plannedServers, twinRoll } from "./roll";
import { twinDriver } from "./roll-driver";
import { stoppingPlainly } from "./roll-stopped";

export interface HealOptions {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
  /** Its disk is not to be trusted, whatever it says. */
  empty?: boolean;
  /** Streams whose only other copy is enough, or that may lose their only one. */
  allowDataLoss?: readonly string[];
}

export interface HealedServer {
  environment: string;
  server: string;
  /** What was done. */
  outcome: Healed;
}

/** How long a server may take to come back with its disk before that is given up. */
const tryMs = 20_000;

/**
 * Brings one wounded server of a twin back, with its disk where that is enough and otherwise without it.
 *
 * @throws UserError where that would remove the last good copy of something, and nothing is done
 */
export async function healTwin(
  name: string,
  server: string,
  { root = projectRoot(), empty, allowDataLoss }: HealOptions,
  host: Host,
): Promise<HealedServer> {
  const twin = await openTwin(name, root);
  const { clusters, nats } = twin.topology;
  const cluster = clusters.find(({ servers }) => servers.some((one) => one.name === server));
  if (!cluster) {
    const all = clusters.flatMap(({ servers }) => servers.map((one) => one.name));
    throw new UserError(`no server is called ${server}`, `there are: ${all.join(", ")}`);
  }
  const natsServer = requireNatsServer(nats.version);
  return withLock(twin.folder.lock, async () => {
    const driver = twinDriver(twin, cluster, plannedServers(twin, cluster, root), natsServer);
    const props = { ...twinRoll, tryMs, empty, allowed: allowDataLoss, say: notices(host) };
    const outcome = await stoppingPlainly(name, () => healServer(driver, server, props));
    return { environment: name, server, outcome };
  });
}
