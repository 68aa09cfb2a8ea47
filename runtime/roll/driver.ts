import type { NatsConnection } from "@nats-io/transport-node";
import type { ClusterState } from "./state";

/**
 * What a platform can do with the servers of one cluster. Everything that rolls, scales or heals is written against it, so that
 * what may be done and in which order is the same wherever servers run.
 */
export interface RollDriver {
  /** Names of all servers of the cluster. */
  readonly servers: readonly string[];
  look(): Promise<ClusterState>;
  /** One connection for each account with JetStream, open only while `work` is done: one that stays makes lame ducks wait. */
  inAccounts<T>(work: (account: string, nc: NatsConnection) => Promise<T>): Promise<T[]>;
  /** The same for the system account. */
  inSystem<T>(work: (nc: NatsConnection) => Promise<T>): Promise<T>;
  /** Ends a server gracefully; resolves when it is gone. One that does not run is no error. */
  stop(server: string): Promise<void>;
  /** Starts a server with the configuration that it is to have, where the platform does not do that by itself; resolves when it runs. */
  start(server: string): Promise<void>;
  /** Last lines of its log that say something. */
  said(server: string): Promise<string>;
}

/** A platform on which a server can be stopped without that it is started again, and its disk be reached. */
export interface ClusterDriver extends RollDriver {
  /** Ends a server at once. */
  kill(server: string): Promise<void>;
  /** Removes what a server that is stopped has stored. */
  empty(server: string): Promise<void>;
}
