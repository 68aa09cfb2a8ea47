/** A cluster as its metrics show it: names, and the expected number of each part. Plain data. */
export interface MonitoringTargets {
  environment: string;
  cluster: string;
  namespace: string;
  servers: number;
  /** Bytes that a server's container may use. */
  memoryBytes: number;
  /** Bytes that a server's container may write to its node, its logs; absent where nothing limits it. */
  diskBytes?: number;
  jetstream: boolean;
  /** Streams of the configuration by how many servers hold each; those with one replica are left out. */
  replicated: { replicas: number; streams: string[] }[];
  /** Leaf nodes that should be connected to this hub, and links of each server to its own. */
  leafNodes: { expected: number; perServer: number };
  /** First part of the names of the responders' pods. */
  callout: string;
  calloutTimeoutSeconds: number;
  /**
   * CronJob that renews certificates, and the time before their end at which it begins to; absent where there is none.
   */
  renewal?: { cronJob: string; marginSeconds: number };
  /** Regular expressions of the CronJobs' names. */
  backups?: string;
  drills?: string;
  prunes?: string;
}

/** `{namespace="nats",pod=~"core-[0-9]+"}`: the servers, whichever monitor found them. */
export const serversOf = ({ namespace, cluster }: MonitoringTargets, ...further: string[]): string =>
  `{${[`namespace="${namespace}"`, `pod=~"${cluster}-[0-9]+"`, ...further].join(",")}}`;

export const calloutOf = ({ namespace, callout }: MonitoringTargets, ...further: string[]): string =>
  `{${[`namespace="${namespace}"`, `pod=~"${callout}-.+"`, ...further].join(",")}}`;
