import type { ClusterTopology, Topology } from "../model/topology";
import type { StreamsEnv } from "../runtime/streams/env";
import {
  type Connection,
  connectionEnvironment,
  from,
  type ProgramEnvironment,
  type Source,
} from "./program-environment";

/** Settings of a run of the streams program that depend on its platform. */
export interface StreamsSite<Secret> extends Connection<Secret> {
  /** The streams of the account, as JSON. */
  specs: Exclude<Source<Secret>, { secret: Secret }>;
  /** Variables that allow once what is otherwise refused. */
  allowed?: Readonly<Record<string, string>>;
}

/** Environment of a run of the streams program. */
export function streamsEnvironment<Secret>(
  topology: Topology,
  { jetstream }: ClusterTopology,
  site: StreamsSite<Secret>,
): ProgramEnvironment<typeof StreamsEnv, Secret> {
  const syncInterval = jetstream?.syncInterval ?? 1000;
  const { variables, secrets } = connectionEnvironment(topology, site);
  return {
    variables: {
      ...variables,
      OWNER: topology.environment,
      ...from("STREAMS", site.specs).variables,
      STREAMS_SYNC_INTERVAL_SECONDS: String(syncInterval === "always" ? 0 : syncInterval / 1000),
      ...site.allowed,
      LOG_LEVEL: "info",
    },
    secrets,
  };
}
