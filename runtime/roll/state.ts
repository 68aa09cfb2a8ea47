import type { StreamAudit } from "../audit/audit-stream";

/** What is known of one server, by itself and by who runs it. */
export interface ServerState {
  name: string;
  /** False when its process or task is not there. */
  runs: boolean;
  /** Why it does not serve, in its own words; absent when it is healthy. */
  wrong?: string;
  /** Servers of its cluster that run, and to which it has no route. */
  cutOffFrom: readonly string[];
  /** Streams of which it holds a replica, of all accounts, where it says so. */
  streams?: number;
  /** Milliseconds since the epoch at which its process began, where it says so. */
  startedMs?: number;
}

/** JetStream's meta group, as its leader sees it. */
export interface MetaGroup {
  leader?: string;
  /** Members, the leader left out. */
  followers: readonly { name: string; current: boolean; offline?: boolean }[];
}

/** A cluster at one moment. */
export interface ClusterState {
  servers: readonly ServerState[];
  /** Absent without JetStream, and where a server is alone. */
  meta?: MetaGroup;
}

/** A stream with its replicas, as its leader sees them. */
export interface StreamState {
  account: string;
  stream: string;
  leader?: string;
  /** Servers that hold a replica, the leader among them. */
  servers: readonly string[];
  /** Those that the leader takes for behind or away. */
  behind: readonly string[];
  storage: "file" | "memory";
  /** Replicas that it is to have. */
  replicas: number;
  audit: StreamAudit;
}
