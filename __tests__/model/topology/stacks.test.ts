import fc from "fast-check";
import demo from "../../../environments/demo";
import kubernetesProduction from "../../../environments/kubernetes-production";
import territories from "../../../environments/territories";
import { clusterOf, stackPlan, type Topology, withoutStacks } from "../../../model/topology";
import { topologies } from "../../support/arbitrary-environment";
import { mixedEnvironment, neighbours, topologyOf } from "../../support/mixed-environment";

const ids = (topology: Topology) => stackPlan(topology).map(({ id }) => id);

test("stacks on Kubernetes come in the order in which each finds what it waits for", () => {
  const plan = stackPlan(topologyOf(kubernetesProduction));
  const order = ["pki", "core", "auth", "streams", "backup"];
  expect(plan.map(({ layer }) => layer)).toEqual(order);
  expect(plan.map(({ id }) => id)).toEqual(order.map((layer) => `kubernetes-production-nats-${layer}`));
  expect(plan.map(({ after }) => after)).toEqual([[], ...plan.slice(0, -1).map(({ id }) => [id])]);
  // They look nothing of each other up: each can be planned before anything is there.
  expect(plan.flatMap(({ reads }) => reads)).toEqual([]);
});

test("without streams and backups there are no stacks of them", () => {
  const input = structuredClone(kubernetesProduction);
  input.streams = [];
  if (input.clusters.nats) input.clusters.nats.backup = undefined;
  expect(stackPlan(topologyOf(input)).map(({ layer }) => layer)).toEqual(["pki", "core", "auth"]);
});

test("one environment holds both platforms, and leaf nodes wait for all of their hub", () => {
  const topology = topologyOf(mixedEnvironment());
  expect(ids(topology)).toEqual([
    "mixed-eu-west-1-foundation",
    ...["pki", "core", "auth", "streams", "backup"].map((layer) => `mixed-hub-${layer}`),
    ...["certificates", "nats", "programs"].map((layer) => `mixed-edge-${layer}`),
  ]);
  const leaf = stackPlan(topology).find(({ id }) => id === "mixed-edge-certificates");
  expect(leaf?.after).toEqual(["mixed-eu-west-1-foundation", "mixed-hub-backup"]);
});

test("clusters of one namespace wait for the one that makes it, joined or not", () => {
  const apart = stackPlan(topologyOf(neighbours({ joined: false })));
  expect(apart.find(({ id }) => id === "neighbours-hub-pki")?.after).toEqual(["neighbours-first-pki"]);
  const joined = stackPlan(topologyOf(neighbours({ joined: true })));
  expect(joined.find(({ id }) => id === "neighbours-first-pki")?.after).toEqual([
    "neighbours-hub-backup",
    "neighbours-hub-pki",
  ]);
});

test("what a stack waits for and what it looks up is planned before it, in any environment", () => {
  fc.assert(
    fc.property(topologies, (topology) => {
      const planned = new Set<string>();
      for (const { id, after, reads } of stackPlan(topology)) {
        expect([...after, ...reads].filter((other) => !planned.has(other))).toEqual([]);
        expect(planned.has(id)).toBe(false);
        planned.add(id);
      }
    }),
  );
});

test("what a stack looks up is waited for, directly or not, in any environment", () => {
  fc.assert(
    fc.property(topologies, (topology) => {
      const plan = new Map(stackPlan(topology).map((stack) => [stack.id, stack]));
      const waits = (id: string): string[] => (plan.get(id)?.after ?? []).flatMap((other) => [other, ...waits(other)]);
      for (const { id, reads } of plan.values()) expect(waits(id)).toEqual(expect.arrayContaining(reads));
    }),
  );
});

test("clusters of platforms without stacks are named", () => {
  const topology = topologyOf(demo);
  const [hosts] = topologyOf(territories).clusters;
  if (!hosts) throw new Error("territories has no cluster");
  const both = { ...topology, clusters: [clusterOf(topology, "core"), hosts] };
  expect(withoutStacks(both).map(({ name }) => name)).toEqual([hosts.name]);
});
