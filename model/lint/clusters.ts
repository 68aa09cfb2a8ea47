import { type EnvironmentRule, pathText } from "./context";

/** Checks the number of servers of a cluster. Rules of JetStream alone: without it, servers need no quorum. */

const single: EnvironmentRule = {
  id: "cluster-single-server",
  severity: "warning",
  title: "JetStream runs on a single server",
  reason:
    "Nothing can be replicated: every restart is an outage, and the loss of its disk is the loss of every stream.",
  fix: "use 3 servers, or acknowledge this with the reason why it may be down",
  check: ({ topology }) =>
    topology.clusters
      .filter(({ jetstream, servers }) => jetstream && servers.length === 1)
      .map(({ name }) => ({
        at: pathText("clusters", name, "size"),
        message: `cluster ${name} has JetStream on its only server`,
      })),
};

const pair: EnvironmentRule = {
  id: "cluster-of-two",
  severity: "error",
  title: "A JetStream cluster has two servers",
  reason:
    "Two servers have a quorum of two: the loss of either stops JetStream, so the cluster is down more often than one server alone. NATS's documentation asks for 3 or 5.",
  fix: "use 3 servers",
  check: ({ topology }) =>
    topology.clusters
      .filter(({ jetstream, servers }) => jetstream && servers.length === 2)
      .map(({ name }) => ({
        at: pathText("clusters", name, "size"),
        message: `cluster ${name} has 2 servers and needs both of them`,
      })),
};

const even: EnvironmentRule = {
  id: "cluster-even-size",
  severity: "warning",
  title: "A JetStream cluster has an even number of servers",
  reason:
    "The last server adds nothing to what may fail: 4 servers survive the loss of one, as 3 do, and an equal split of the network leaves no majority on either side. NATS's documentation asks for 3 or 5.",
  fix: "use an odd number of servers",
  check: ({ topology }) =>
    topology.clusters
      .filter(({ jetstream, servers }) => jetstream && servers.length > 2 && servers.length % 2 === 0)
      .map(({ name, servers }) => ({
        at: pathText("clusters", name, "size"),
        message: `${servers.length} servers survive the loss of ${servers.length / 2 - 1}, as ${servers.length - 1} do`,
      })),
};

export const clusterRules: readonly EnvironmentRule[] = [single, pair, even];
