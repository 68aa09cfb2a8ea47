import { type Environment, formatPath } from "../config";
import { type ClusterTopology, clusterOf, type ServerTopology, type StreamTopology, type Topology } from "../topology";
import type { Rule } from "./rule";

/** Input of the rules: the environment as it was written, and the topology made from it. */
export interface LintContext {
  readonly environment: Environment;
  readonly topology: Topology;
}

export type EnvironmentRule = Rule<LintContext>;

type Path = readonly (string | number)[];

/** A path of the environment, as it is written in TypeScript. */
export const pathText = (...path: Path): string => formatPath(path);

/** A stream with its cluster and the servers that may hold it. */
export interface StreamView {
  readonly stream: StreamTopology;
  readonly cluster: ClusterTopology;
  /** Servers of the cluster that carry every placement tag. */
  readonly candidates: readonly ServerTopology[];
  /** A path inside of the stream. */
  at(...path: Path): string;
}

export function streamViews({ topology }: LintContext): StreamView[] {
  return topology.streams.map((stream, i) => {
    const cluster = clusterOf(topology, stream.cluster);
    const candidates = cluster.servers.filter(({ tags }) => stream.placementTags.every((tag) => tags.includes(tag)));
    return { stream, cluster, candidates, at: (...path) => pathText("streams", i, ...path) };
  });
}

/** Servers that must agree for a group of so many to go on. */
export const quorum = (members: number): number => Math.floor(members / 2) + 1;
