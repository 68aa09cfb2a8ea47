import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import { type Environment, type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology, type Topology } from "../../model/topology";

/** A hub on Kubernetes and its leaf nodes on AWS, which the file names first. */
export function mixedEnvironment(): EnvironmentInput {
  const edge = structuredClone(demo.clusters.core);
  const hub = structuredClone(kubernetesProduction.clusters.nats);
  if (!edge || !hub) throw new Error("the shipped environments have other clusters");
  return {
    ...structuredClone(kubernetesProduction),
    name: "mixed",
    clusters: {
      edge: { ...edge, leafOf: { cluster: "hub" }, jetstream: undefined },
      hub: { ...hub, jetstream: { ...hub.jetstream, domain: "hub" } },
    },
    streams: [{ name: "TEST", cluster: "hub", subjects: ["test.>"] }],
  };
}

/** Two clusters of one namespace, the leaf nodes before their hub. */
export function neighbours({ joined }: { joined: boolean }): EnvironmentInput {
  const hub = structuredClone(kubernetesProduction.clusters.nats);
  if (!hub) throw new Error("the shipped environment has another cluster");
  const first = structuredClone(hub);
  return {
    ...structuredClone(kubernetesProduction),
    name: "neighbours",
    clusters: {
      first: {
        ...first,
        jetstream: undefined,
        backup: undefined,
        leafHub: false,
        leafOf: joined ? { cluster: "hub" } : undefined,
      },
      hub: { ...hub, jetstream: { ...hub.jetstream, domain: "hub" } },
    },
    streams: [{ name: "TEST", cluster: "hub", subjects: ["test.>"] }],
  };
}

/** @throws with every problem of an environment that is not right */
export function environmentOf(input: EnvironmentInput): Environment {
  const { environment, problems } = parseEnvironment(input, input.name);
  if (!environment) throw new Error(JSON.stringify(problems));
  return environment;
}

export const topologyOf = (input: EnvironmentInput): Topology => buildTopology(environmentOf(input));
