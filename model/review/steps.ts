import { noLonger, type ServerChange, type StreamChange } from "../change";
import { quorum } from "../lint/context";
import { type ClusterTopology, clustersInOrder, platformModel, type StreamTopology, type Topology } from "../topology";
import type { ReviewInput, Step } from "./model";

/**
 * What happens, in the order of the deployment: clusters as the plan of stacks has them, in each its servers one after
 * another, then responders, then streams. A server is followed by the next one when it is healthy again.
 */
export function stepsOf({ before, after, change }: ReviewInput): Step[] {
  const topology = after?.topology ?? before?.topology;
  if (!topology) return [];
  const clusters = clustersInOrder(topology);
  const gone = (before?.topology.clusters ?? []).filter(({ name }) => !clusters.some((one) => one.name === name));
  return [
    ...clusters.flatMap((cluster) => clusterSteps(cluster, before?.topology, change.servers)),
    ...change.streams.map((stream) => streamStep(stream, change.losses)),
    ...change.others.map(
      ({ at, what }): Step => ({ when: "what surrounds the servers", what: `${at}: ${what}`, effects: [] }),
    ),
    ...change.narrowed.map(
      ({ who, what, keptMs }): Step => ({
        when: "rights",
        what: `${who} ${noLonger(what)}`,
        effects: [
          keptMs === 0
            ? "at once, when servers load the change"
            : keptMs === undefined
              ? "who is connected keeps it for as long as the credentials are good"
              : `who is connected keeps it for ${Math.ceil(keptMs / 60_000)} min at most`,
        ],
      }),
    ),
    ...gone.map(
      ({ name, servers }): Step => ({
        when: `cluster ${name}`,
        what: `is no longer in the environment: its ${servers.length} servers go once its stacks are destroyed, which is asked for`,
        effects: [],
      }),
    ),
  ];
}

const listed = (all: readonly string[]) => all.join(", ");

function clusterSteps(cluster: ClusterTopology, before: Topology | undefined, all: readonly ServerChange[]): Step[] {
  const when = `servers of ${cluster.name}`;
  const own = all.filter((server) => server.cluster === cluster.name);
  const having = (effect: ServerChange["effect"]) => own.filter((server) => server.effect === effect);
  const names = (servers: readonly ServerChange[]) => listed(servers.map(({ server }) => server));
  const old = before?.clusters.find(({ name }) => name === cluster.name);
  const streams = (before?.streams ?? []).filter((stream) => stream.cluster === cluster.name);
  const steps: Step[] = [];
  const [started, reloaded, removed] = [having("start"), having("reload"), having("remove")];
  if (started.length > 0)
    steps.push({
      when,
      what: old ? `${names(started)} join` : `${names(started)} are made`,
      effects: old?.jetstream ? [metaGroup(own.length - removed.length)] : [],
    });
  if (reloaded.length > 0)
    steps.push({ when, what: `${names(reloaded)} reload, and go on`, effects: reconnects(reloaded) });
  const restarted = own.filter(({ effect }) => effect === "restart" || effect === "recreate");
  if (restarted.length > 0 && old) steps.push(restartStep(when, old, restarted, streams));
  if (removed.length > 0)
    steps.push({ when, what: `${names(removed)} go`, effects: ["everybody who is connected to them reconnects"] });
  return steps;
}

function restartStep(
  when: string,
  old: ClusterTopology,
  restarted: readonly ServerChange[],
  streams: readonly StreamTopology[],
): Step {
  const anew = restarted.some(({ effect }) => effect === "recreate");
  const stop = platformModel(old.platform).stopTime(old.platform);
  return {
    when,
    what: `${listed(restarted.map(({ server }) => server))} ${anew ? "are made anew, with empty disks," : "restart"}, one after another${stop ? `, each within ${stop.seconds} s` : ""}`,
    effects: [
      ...quorumEffects(old, streams),
      ...(anew ? ["each gets its copies from the others before the next one goes"] : []),
      ...reconnects(restarted),
    ],
  };
}

/** What cannot be had while one server of a cluster is away. */
function quorumEffects({ servers, jetstream }: ClusterTopology, streams: readonly StreamTopology[]): string[] {
  if (!jetstream) return [];
  const named = (some: readonly StreamTopology[]) => listed(some.map(({ name, replicas }) => `${name} (R${replicas})`));
  const lost = streams.filter(({ replicas }) => replicas - 1 < quorum(replicas));
  const kept = streams.filter(({ replicas }) => replicas - 1 >= quorum(replicas));
  const meta = servers.length - 1 >= quorum(servers.length);
  return [
    meta
      ? `the meta group goes on with ${servers.length - 1} of ${servers.length}`
      : "no stream or consumer can be made while a server is away: the meta group has no majority",
    ...(lost.length > 0 ? [`out of reach while the server of a replica is away: ${named(lost)}`] : []),
    ...(kept.length > 0 ? [`keep their majority: ${named(kept)}`] : []),
  ];
}

const metaGroup = (servers: number) => `the meta group has ${servers} servers then, and needs ${quorum(servers)}`;

/** Everybody who has to connect again, once each. */
const reconnects = (servers: readonly ServerChange[]): string[] =>
  [...new Set(servers.flatMap(({ disconnects }) => disconnects))].map((who) => `reconnect: ${who}`);

const words: Readonly<Record<StreamChange["effect"], string>> = {
  create: "is made",
  update: "is changed in place",
  recreate: "can be like this as a new stream only",
  orphan: "stays with its messages, and natsform no longer looks after it",
};

function streamStep(
  { stream, cluster, account, effect, fields }: StreamChange,
  losses: readonly { name: string; what: string }[],
): Step {
  const lost = losses.filter(({ name }) => name === stream || name.startsWith(`${stream}/`));
  return {
    when: "streams",
    what: `${stream} of ${account} on ${cluster} ${words[effect]}${fields.length > 0 ? `: ${listed(fields)}` : ""}`,
    effects: lost.map(({ name, what }) => `lost${name === stream ? "" : ` of ${name}`}: ${what}`),
  };
}
