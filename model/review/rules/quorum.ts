import { unknownKeys } from "../../change";
import { compareVersions } from "../../config/server-keys";
import { quorum } from "../../lint/context";
import type { ReviewInput } from "../model";
import type { ReviewRule } from "../rule";

const restarted = ({ change }: ReviewInput, cluster: string) =>
  change.servers.filter((one) => one.cluster === cluster && (one.effect === "restart" || one.effect === "recreate"));

const peersRenamed: ReviewRule = {
  id: "peers-renamed",
  severity: "error",
  impossible: true,
  title: "Every server of a cluster becomes another one",
  reason:
    "JetStream knows its peers by their names. Servers with other names are new peers; those of before stay in the meta group as ghosts that nobody can ask, and it needs a majority of both: streams stand still.",
  fix: "make a second cluster, bring the streams there from a backup, move the clients, and take the first one out",
  check: ({ before, after, change }) =>
    (after?.topology.clusters ?? []).flatMap(({ name, servers, jetstream }) => {
      const old = before?.topology.clusters.find((cluster) => cluster.name === name);
      const kept = old?.servers.some((server) => servers.some((one) => one.name === server.name));
      if (!old?.jetstream || !jetstream || kept) return [];
      const gone = change.servers.filter(({ cluster, effect }) => cluster === name && effect === "remove").length;
      const all = gone + servers.length;
      return [
        {
          at: `clusters.${name}`,
          message: `${servers.length} new peers and ${gone} ghosts: the meta group of ${all} needs ${quorum(all)}, and ${servers.length} are there`,
        },
      ];
    }),
};

const outOfReach: ReviewRule = {
  id: "streams-out-of-reach",
  severity: "warning",
  title: "Streams are out of reach while servers restart",
  reason:
    "A group of replicas answers as long as a majority of it is there. One or two replicas have none without the server that restarts.",
  fix: "three replicas, on three servers; or choose an hour in which nobody asks",
  check: (input) =>
    (input.before?.topology.clusters ?? []).flatMap(({ name }) => {
      if (restarted(input, name).length === 0) return [];
      const streams = (input.before?.topology.streams ?? []).filter(
        (stream) => stream.cluster === name && stream.replicas - 1 < quorum(stream.replicas),
      );
      if (streams.length === 0) return [];
      const all = streams.map((stream) => `${stream.name} (R${stream.replicas})`).join(", ");
      return [{ at: `clusters.${name}`, message: `${all}: while a server of theirs is away` }];
    }),
};

const noCluster: ReviewRule = {
  id: "cluster-out-of-reach",
  severity: "warning",
  title: "A cluster of one server restarts",
  reason: "Nobody is connected while it is away.",
  fix: "three servers; or choose an hour in which nobody is connected",
  check: (input) =>
    (input.before?.topology.clusters ?? []).flatMap(({ name, servers }) =>
      servers.length === 1 && restarted(input, name).length > 0
        ? [{ at: `clusters.${name}`, message: `${name} is its one server: everybody is disconnected until it is back` }]
        : [],
    ),
};

const disksAnew: ReviewRule = {
  id: "disks-made-anew",
  severity: "warning",
  title: "Servers begin with empty disks",
  reason:
    "Until a server has its copies again, one more failure takes what is stored with it; and copying loads the others.",
  fix: "take a backup first, and watch that replicas are current before the next server goes",
  check: ({ change, before }) =>
    (before?.topology.clusters ?? []).flatMap(({ name, jetstream }) => {
      const anew = change.servers.filter(({ cluster, effect }) => cluster === name && effect === "recreate");
      if (!jetstream || anew.length === 0) return [];
      return [{ at: `clusters.${name}`, message: anew.map(({ server }) => server).join(", ") }];
    }),
};

const unmeasured: ReviewRule = {
  id: "effect-not-measured",
  severity: "warning",
  title: "Nobody has measured what servers do with a changed key",
  reason: "It is taken for a restart. Some keys are refused at a reload, and the whole reload with them.",
  fix: "try it on the twin: natsform up",
  check: ({ change }) => unknownKeys(change).map((key) => ({ at: key, message: `${key} changes` })),
};

const downgrade: ReviewRule = {
  id: "servers-downgraded",
  severity: "error",
  title: "Servers become older",
  reason:
    "An older server may not read what a newer one has written, and security fixes of the releases between are lost.",
  fix: "keep the version; or restore a backup into a new cluster of the older one",
  check: ({ before, after }) => {
    const [from, to] = [before?.topology.nats.version, after?.topology.nats.version];
    return from && to && compareVersions(to, from) < 0
      ? [{ at: "nats.version", message: `${from} becomes ${to}` }]
      : [];
  },
};

const restartsUnseen: ReviewRule = {
  id: "servers-restart-unseen",
  severity: "error",
  title: "Terraform starts servers anew that the change alone would not touch",
  reason:
    "What this report says of the change then leaves out who has to reconnect, and which copies are made again. It was not deployed for a while, or natsform is wrong.",
  fix: "see which attributes of the task's definition change; report it where they should not restart a server",
  check: ({ name, change, stacks = [] }) => {
    const rolled = new Set(stacks.flatMap((stack) => stack.rolled));
    return change.servers
      .filter(({ server, effect }) => rolled.has(`${name}-${server}`) && (effect === "nothing" || effect === "reload"))
      .map(({ cluster, server }) => ({ at: `clusters.${cluster}`, message: `${server} is started anew` }));
  },
};

export const quorumRules: readonly ReviewRule[] = [
  peersRenamed,
  downgrade,
  disksAnew,
  noCluster,
  outOfReach,
  unmeasured,
  restartsUnseen,
];
