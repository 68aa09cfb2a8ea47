import type { Platform, PlatformKind } from "../../config";
import type { Certificate, CertificateId, ClusterTopology, IssuerId, Listener, Topology } from "../model";
import type { ClusterNames } from "../names";
import type { ListenerName } from "../ports";
import type { ClusterStack, SharedStack } from "../stack";

/** Platform of one kind, as an environment states it. */
export type PlatformOf<Kind extends PlatformKind> = Extract<Platform, { kind: Kind }>;

/** Cluster as its names need it. */
export interface NamedCluster {
  environment: string;
  cluster: string;
  /** Number of servers. */
  size: number;
}

/** Paths of a server's files. */
export interface SitePaths {
  pidFile: string;
  storeDir: string;
  resolverDir: string;
  certificate(id: CertificateId): { cert: string; key: string };
  ca(issuer: IssuerId): string;
  /** Operator mode: file with the creds of a user that the server itself logs in with. */
  credentials(user: string): string;
  /** Configuration mode: file that sets `nkey` to that user's seed, relative to the configuration's folder. */
  seedInclude(user: string): string;
}

/** Disk of a server's file store. */
export interface Disk {
  /** `task`: gone with the task that had it. `volume`: outlives its server. `network`: a network file system. */
  kind: "task" | "volume" | "network";
  /** For people: "volume". */
  name: string;
  /** Absent: only the platform knows. */
  bytes?: number;
}

/** Time that a platform waits for a server to stop. */
export interface StopTime {
  /** Key of the platform that sets it. */
  setting: string;
  seconds: number;
}

/** Targets that backups of a cluster may use. */
export interface BackupTargets {
  /** Storage that the workload's own identity may write to; elsewhere it would need a key. */
  own?: "s3" | "gs";
  /** A `file://` target: gone with the run that wrote it, on a mounted volume, or on the servers' own machines. */
  folder: "gone" | "volume" | "machine";
}

/** An image that nodes pull, and what names it. */
export interface NamedImage {
  /** Key of the platform's `images`. */
  setting: string;
  /** Reference; without a tag where the chart alone knows it. */
  image: string;
}

/**
 * What a changed setting does to servers that run. `recreate`: their disks are made anew. `around`: it is about what surrounds
 * them. `compared`: what it does stands in their configuration, and is compared there.
 */
export type SettingEffect = "restart" | "recreate" | "around" | "compared";

/** Machine that an environment names. */
export interface Machine {
  name: string;
  address: string;
}

/**
 * Entries of one platform in the model. Every platform has every entry, so that the compiler reports what a new
 * one lacks, and nothing about exposure has a default that is open.
 */
export interface PlatformModel<P extends Platform> {
  /** Number of servers. @param configured the cluster's `size` */
  size(platform: P, configured: number): number;
  /** Zone in which servers find each other. */
  internalDomain(environment: string, platform: P): string;
  names(named: NamedCluster, platform: P): ClusterNames;
  ports: Readonly<Record<ListenerName, number>>;

  /** Clients that reach the listeners of clients and of leaf nodes. */
  exposure(platform: P): Extract<Listener["exposure"], "public" | "internal">;
  /** Equal keys: addresses of one cluster mean the same in the other. Absent: in no other one. */
  network(platform: P): string | undefined;

  /** Signer of internal certificates, unless the cluster names another. */
  signer: Certificate["signer"];
  /** True when a Job in the cluster can renew what Vault signed. */
  renewsFromVault: boolean;
  /**
   * Signer of the certificate of the public name, and its server: the servers themselves, or an Ingress before them.
   */
  publicName: { signer: Certificate["signer"]; servedBy: "servers" | "ingress" };

  /** Region of the cloud's API. */
  region(platform: P): string | undefined;
  /** Fixed users whose logins a pod with NATS's command line reads. */
  commandLineUsers(platform: P): readonly string[];
  /** Tags that a server has by where it is placed. */
  tags(platform: P, ordinal: number): string[];
  /** Servers in each zone of failure, the fullest first; `undefined` where only the operator knows. */
  zoneSizes(platform: P, servers: number): number[] | undefined;
  /** True when a server's zone is known before it runs, so that it can be a placement tag. */
  knowsZones: boolean;
  machines(platform: P): readonly Machine[];
  /** True when something has servers read a configuration that changed; without it they are replaced for every change. */
  reloads(platform: P): boolean;

  /** Memory of a server; `undefined` where it is not known. */
  memoryBytes(platform: P): number | undefined;
  /** `undefined` where it is not known. */
  disk(platform: P): Disk | undefined;
  /** True when disks can be replicated over zones. */
  hasRegionalDisks(platform: P): boolean;
  /** `undefined`: as long as it takes. */
  stopTime(platform: P): StopTime | undefined;
  backups(platform: P): BackupTargets;

  paths: SitePaths;
  /** What a change of each setting does to servers that run. */
  changes: Readonly<Record<keyof P, SettingEffect>>;
  /** The settings as servers have them: without parts that are nothing to them, or that are compared by themselves. */
  ofServers(platform: P): object;
  /** Images that its nodes pull by a name of the configuration. @param programs those of natsform's own that it runs */
  images(platform: P, version: string, programs: readonly string[]): NamedImage[];

  /** Key of what clusters on the same machinery share; the first of them makes it, the others wait for its first stack. */
  shares(platform: P): string | undefined;
  /** Stack that clusters with the same one have in common. */
  sharedStack(topology: Topology, platform: P): SharedStack | undefined;
  /** Stacks of a cluster in the order in which they are applied; none: nothing is deployed to the platform yet. */
  stacks(topology: Topology, cluster: ClusterTopology & { platform: P }): ClusterStack[];
}
