import type { Environment, Platform, PlatformKind } from "../config";
import type { ListenerName } from "./ports";

/** Everything that a deployment consists of. Plain data: it survives JSON, and two of them can be compared. */
export interface Topology {
  environment: string;
  nats: NatsSettings;
  identity: Identity;
  clusters: ClusterTopology[];
  streams: StreamTopology[];
}

export interface NatsSettings {
  version: string;
  maxPayloadBytes: number;
  maxConnections: number;
  writeDeadlineMs: number;
  /** Lame duck mode: how long clients are left alone, and until when they are moved away. */
  lameDuck: { graceMs: number; durationMs: number };
  metadata?: Record<string, string>;
  featureFlags?: Record<string, boolean>;
  proxyProtocol?: boolean;
}

export interface Identity {
  mode: "callout" | "operator";
  systemAccount: "SYS";
  /** Account of the responders of the callout, and of no other user. */
  calloutAccount: "AUTH";
  calloutTimeoutSeconds: number;
  responders: number;
  accounts: AccountTopology[];
  /** Users that servers know by themselves: they get in while the callout is down. */
  users: UserTopology[];
  oidc: Environment["identity"]["oidc"];
  permissions: Environment["identity"]["permissions"];
  /** With the subjects of what each does and uses among those that it may publish and listen to. */
  services: Record<string, Omit<Environment["identity"]["services"][string], "uses" | "publishes" | "asks" | "serves">>;
  /** Who asks over links of leaf nodes: in these inboxes it is answered. */
  links: { account: string; inboxes: string; publish: { allow: string[]; deny: string[] } }[];
  maxLifetimeMs: number;
  operatorName?: string;
  sentinel?: "server" | "client";
}

/** One right of a service, and what it is for. */
export interface Right {
  direction: "publish" | "subscribe";
  subject: string;
  /** What the service does with it: `consumes ORDERS/fulfilment`. */
  does: string;
  /** What the right is needed for. */
  why: string;
}

export interface AccountTopology {
  name: string;
  jetstream: boolean;
  limits: { maxMemoryBytes?: number; maxFileBytes?: number; maxStreams?: number; maxConsumers?: number };
  exports: AccountExport[];
  imports: AccountImport[];
}

/** What accounts share: a `service` is asked and answers, a `stream` is heard. Not a stream of JetStream. */
type ShareKind = "service" | "stream";

export interface AccountExport {
  kind: ShareKind;
  subject: string;
  /** Accounts that may import it; absent: all. */
  accounts?: string[];
  /** A service's answers to one request. */
  response: "singleton" | "stream";
}

export interface AccountImport {
  kind: ShareKind;
  /** Account that exports it. */
  account: string;
  /** Subject there. */
  subject: string;
  /** Subject here. */
  to: string;
}

/** How a user may connect, in NATS's words: as a client over TCP, or as a leaf node. */
export type ConnectionKind = "STANDARD" | "LEAFNODE";

export interface UserTopology {
  /** Key of the user in the trust file. */
  name: string;
  account: string;
  /** Purpose of the user, in words. */
  purpose: string;
  /** Cluster whose servers alone know it: of a leaf's login, the hub. Absent: those of every cluster do. */
  cluster?: string;
  /** Leaf whose certificate it has to come with: servers do not know the user, and ask the callout. */
  certificateOf?: string;
  /** Kinds of connections that it may come over. Without a list it could come over any, past the callout. */
  connections: ConnectionKind[];
  permissions?: { publish?: { allow?: string[]; deny?: string[] }; subscribe?: { allow?: string[]; deny?: string[] } };
}

export interface ClusterTopology {
  name: string;
  /** Name that servers use among themselves. */
  natsName: string;
  platform: Platform;
  jetstream?: JetStreamTopology;
  /** A job in the cluster's Kubernetes renews its certificates and has its servers reload them. */
  renewsByJob: boolean;
  servers: ServerTopology[];
  listeners: Listener[];
  certificates: Certificate[];
  /** What signs for each purpose; none in a note that an older natsform wrote. */
  authorities?: AuthorityTopology[];
  websocket?: { allowedOrigins: string[]; compression: boolean };
  httpGateway?: HttpGatewayTopology;
  /** Services of the environment that run beside it. */
  fleet: FleetService[];
  /** What waits for those of them that are scaled by it. */
  backlogs: BacklogTopology[];
  leafHub: boolean;
  /** Links to a hub, one for each account. */
  leafLinks: LeafLink[];
  /** Name under which leaf nodes from elsewhere reach this hub. */
  leafAddress?: string;
  foreignLeafs: ForeignLeaf[];
  backup?: BackupTopology;
}

/** A service that natsform runs: its name is that of its login, and of the secret with its seed. */
export interface FleetService extends Omit<RunsInput, "cluster" | "memory" | "stopTimeout"> {
  name: string;
  memoryBytes: number;
  stopTimeoutMs: number;
}

/** A consumer by whose waiting messages a service is scaled. */
export interface BacklogTopology {
  service: string;
  /** Of the service, its consumer and the stream. */
  account: string;
  stream: string;
  consumer: string;
  /** First part of the subjects by which the cluster reaches the stream. */
  api: string;
  perProcess: number;
}

type RunsInput = NonNullable<Environment["identity"]["services"][string]["runs"]>;

/** HTTP in front of a cluster. */
export interface HttpGatewayTopology extends Omit<HttpGatewayInput, "routes" | "balancerIdle"> {
  /** Service of the identity as which it logs in. */
  service: string;
  routes: (HttpGatewayInput["routes"][string] & { name: string })[];
  balancerIdleMs: number;
}

type HttpGatewayInput = NonNullable<Environment["clusters"][string]["httpGateway"]>;

export interface BackupTopology {
  /** Five fields of cron. */
  schedule: string;
  to: string;
  retentionMs: number;
  /** Schedule on which the last backup is checked; absent: never. */
  drill?: string;
  encrypt: boolean;
  /** ARN of the KMS key of the bucket's objects. */
  kmsKey?: string;
  /** Region of the bucket, where it is said. */
  region?: string;
}

export interface JetStreamTopology {
  memoryBytes: number;
  fileBytes: number;
  domain: string;
  /**
   * Time that acknowledged data may be in memory alone: milliseconds, or `always` for a sync before each
   * acknowledgement.
   */
  syncInterval: number | "always";
  uniqueTag?: string;
  maxOutstandingCatchupBytes?: number;
  maxConcurrentIo?: number;
}

/** One nats-server process. JetStream knows its peers by `name`, so it never changes. */
export interface ServerTopology {
  name: string;
  ordinal: number;
  /** Name under which the others of the cluster reach it: what routes dial. */
  host: string;
  tags: string[];
}

export interface Listener {
  name: ListenerName;
  port: number;
  /** Certificates served side by side, chosen by SNI; empty = no TLS. */
  certificates: CertificateId[];
  /** `routes`: the peer's certificate must carry a name that a route dials. `require`: a certificate of the issuer. */
  verify: "none" | "require" | "routes";
  /** Clients that reach it. `named`: those that the platform's `monitoring.from` names, and nobody else. */
  exposure: "public" | "internal" | "peers" | "named";
}

export type CertificateId = "public" | "internal" | "routes" | "leafnodes" | "leaf-remote";
/** Certification authorities: one for each purpose, so that a certificate is valid for no other. */
export type IssuerId = "public" | "internal" | "routes" | "leafnodes";

export interface Certificate {
  id: CertificateId;
  issuer: IssuerId;
  /** Signer in the deployment. */
  signer: "acme" | "ingress" | "vault" | "certificate-manager" | "acm-pca" | "local";
  names: string[];
  usages: ("server" | "client")[];
  ttlMs?: number;
}

/** An authority that is the environment's own, by where it is: another place is another authority. No secret. */
export interface AuthorityTopology {
  issuer: IssuerId;
  signer: Certificate["signer"];
  /** Address and mounts in Vault, or the ARN in ACM PCA; empty where the signer makes it by itself. */
  place: string;
}

export interface LeafLink {
  hub: string;
  account: string;
  /** Key of the link's user in the trust file. */
  user: string;
  /**
   * Subjects that the leaf itself keeps from its hub, whatever the hub lets its user do: in both directions, and those
   * that it sends to none. What it sends and does not take cannot be said: servers apply `deny_imports` both ways.
   */
  closed: { both: string[]; exports: string[] };
}

/** A leaf node that natsform does not deploy. Its credentials are made here, and given to its operator. */
export interface ForeignLeaf {
  name: string;
  links: LeafLink[];
}

export interface StreamTopology {
  name: string;
  cluster: string;
  account: string;
  description?: string;
  subjects: string[];
  storage: "file" | "memory";
  replicas: number;
  retention: "limits" | "interest" | "workqueue";
  discard: "old" | "new";
  maxAgeMs?: number;
  maxBytes?: number;
  maxMessages?: number;
  maxMessagesPerSubject?: number;
  maxMessageBytes?: number;
  duplicateWindowMs: number;
  compression: "none" | "s2";
  placementTags: string[];
  persistMode: "default" | "async";
  denyDelete: boolean;
  denyPurge: boolean;
  allowRollup: boolean;
  allowDirect: boolean;
  examples: string[];
  consumers: ConsumerTopology[];
}

export interface ConsumerTopology {
  name: string;
  filterSubjects: string[];
  ackPolicy: "explicit" | "none" | "all";
  deliverPolicy: "all" | "new" | "last" | "last_per_subject";
  replayPolicy: "instant" | "original";
  maxDeliver: number;
  ackWaitMs: number;
  maxAckPending: number;
  replicas?: number;
}

export type { PlatformKind };
