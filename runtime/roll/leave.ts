import type { NatsConnection } from "@nats-io/transport-node";
import { apiRequest, type Json, names } from "../backup/api";
import { NotYet, STREAM_NOT_FOUND, unlessMissing, until } from "../client/retry";
import type { ClusterDriver } from "./driver";
import { peerId } from "./peer-id";
import { NotTaken, othersCanDoWithout, type RollProps, serves, stateOf } from "./roll";
import { moveLeaders } from "./streams";

/** After so long servers are asked once more to move what is still on a server: who was asked may lead no more. */
const ASK_AGAIN_MS = 5000;

/**
 * Takes servers out of a cluster for good, one after another: others get their replicas, also those of streams with one copy and of
 * streams that natsform did not make, and what they lead; then they end, and the meta group forgets them. Safe to run again after
 * it was killed at any moment.
 *
 * @param driver of all servers, those that leave among them
 * @throws NotTaken where a stream needs more servers than stay, or has its only copy on a server that does not run
 */
export async function removeServers(
  driver: ClusterDriver,
  { stay, leaving }: { stay: readonly string[]; leaving: readonly string[] },
  props: Omit<RollProps, "loses" | "empties">,
): Promise<void> {
  for (const server of leaving) await leave(among(driver, [...stay, server]), server, stay.length, props);
}

async function leave(
  driver: ClusterDriver,
  server: string,
  stay: number,
  props: Omit<RollProps, "loses" | "empties">,
): Promise<void> {
  const { say } = props;
  const found = stateOf(server, await driver.look());
  // What runs is moved away; what does not run is lost with the disk.
  await othersCanDoWithout(driver, server, {
    ...props,
    loses: found.runs ? "nothing" : "everything",
    stay,
    doing: "taken out",
  });
  const deadline = Date.now() + props.backMs;
  say(`${server} leaves: others get its replicas`);
  await evacuate(driver, server, deadline, say);
  if (serves(found)) await moveLeaders(driver, server, deadline);
  if (found.runs) {
    say(`stops ${server}: lame duck mode`);
    await driver.stop(server);
  }
  // Whoever comes back under its name begins with nothing: what it knew of the cluster is of before.
  await driver.empty(server);
  await until(`the meta group without ${server}`, deadline, async () => {
    const { meta } = await driver.look();
    if (meta && meta.leader !== server && !meta.followers.some(({ name }) => name === server)) return;
    await driver.inSystem((nc) => apiRequest(nc, "SERVER.REMOVE", { peer: server, peer_id: peerId(server) }));
    throw new NotYet("it is a member still");
  });
}

/** Waits until no stream has a replica on a server. */
async function evacuate(
  driver: ClusterDriver,
  server: string,
  deadline: number,
  say: (text: string) => void,
): Promise<void> {
  let asked = Number.NEGATIVE_INFINITY;
  let told = "";
  await until(`other places for what ${server} holds`, deadline, async () => {
    const held = (await driver.inAccounts((account, nc) => replicasOn(account, nc, server, deadline))).flat();
    // Its own word counts too: it knows the streams of accounts to which there is no login.
    const { streams = 0 } = stateOf(server, await driver.look());
    const left = held.length > 0 ? held.join(", ") : streams > 0 ? `${streams} streams` : "";
    if (left === "") return;
    if (Date.now() - asked > ASK_AGAIN_MS) {
      await driver.inSystem((nc) => askToMove(nc, server));
      asked = Date.now();
    }
    if (left !== told) say(`${server} leaves: ${left} still to be moved`);
    told = left;
    throw new NotYet(`${left} still on ${server}`);
  });
}

async function replicasOn(account: string, nc: NatsConnection, server: string, deadline: number): Promise<string[]> {
  const held: string[] = [];
  for (const stream of await names(nc, "STREAM.NAMES", deadline)) {
    const info = await unlessMissing(STREAM_NOT_FOUND, () => apiRequest<Held>(nc, `STREAM.INFO.${stream}`));
    const { leader, replicas = [] } = info?.cluster ?? {};
    if (leader === server || replicas.some(({ peer }) => peer === peerId(server))) held.push(`${account}: ${stream}`);
  }
  return held;
}

interface Held extends Json {
  readonly cluster?: { readonly leader?: string; readonly replicas?: readonly { readonly peer?: string }[] };
}

/** @throws NotTaken where servers are too old to move replicas */
async function askToMove(nc: NatsConnection, server: string): Promise<void> {
  const version = nc.info?.version ?? "";
  if (version.localeCompare("2.15", undefined, { numeric: true }) < 0)
    throw new NotTaken(server, [`servers of ${version} do not move replicas by themselves; 2.15 does`], "taken out");
  await apiRequest(nc, "SERVER.EVACUATE", { peer: server, peer_id: peerId(server) });
}

/** The cluster with these servers alone: others are on their way out, too. */
const among = (driver: ClusterDriver, names: readonly string[]): ClusterDriver => ({
  ...driver,
  servers: names,
  async look() {
    const { servers, meta } = await driver.look();
    const own = servers.filter(({ name }) => names.includes(name));
    return {
      servers: own.map((state) => ({ ...state, cutOffFrom: state.cutOffFrom.filter((name) => names.includes(name)) })),
      ...(meta && { meta: { ...meta, followers: meta.followers.filter(({ name }) => names.includes(name)) } }),
    };
  },
});
