import { RENEWAL_USER } from "../../runtime/certificate-renewal/contract";
import { backlogAccounts, backlogService } from "./backlog";
import type { ClusterTopology, Topology } from "./model";
import type { ListenerName } from "./ports";
import { backupKeySecret, calloutIssuerSecret, calloutXkeySecret, loginKey } from "./secret-names";
import type { StackFamily } from "./stack";
import { streamAccounts } from "./streams";

/** Peers of a program besides the servers of its cluster. */
export type Destination = "token-issuer" | "vault" | "kubernetes-api" | "object-store" | "aws";

/** Cluster that may run a program. */
export interface ProgramScope {
  topology: Topology;
  cluster: ClusterTopology;
}

/**
 * Entry of a program in the model. Everything that runs programs, builds them, admits them to others or gives them
 * secrets reads it here. `runtime/NAME` holds the code.
 */
export interface ProgramModel {
  /**
   * Form in which each family of stacks runs it: as a function from a zip, or as a container from an image. Absent: not
   * at all.
   */
  runs: Readonly<Partial<Record<StackFamily, "function" | "image">>>;
  /** True when `natsform bundle` writes it as one file, for use without the rest of natsform. */
  standalone: boolean;
  /** True when a cluster of a family that runs it needs it. */
  isNeeded(scope: ProgramScope): boolean;
  /** Listeners of servers that it connects to. */
  listeners: readonly ListenerName[];
  reaches: readonly Destination[];
  /** Accounts that it works on, each with a login of its own; one without a name where it works on none. */
  accounts(scope: ProgramScope): string[];
  /** Deployed secrets that it reads. @param account whose streams it works on, where it works on those of one */
  secrets(scope: ProgramScope, account: string): string[];
  /** True when it has a log of its own; otherwise it shares the log of the server in its task. */
  ownLog: boolean;
}

const always = () => true;
const none = () => [];
const noAccount = () => [""];

export const programs = {
  "auth-callout": {
    runs: { aws: "image", kubernetes: "image" },
    standalone: true,
    isNeeded: always,
    listeners: ["client"],
    reaches: ["token-issuer"],
    accounts: noAccount,
    secrets: ({ topology }) => [calloutIssuerSecret, calloutXkeySecret, loginKey(topology, "responder")],
    ownLog: true,
  },
  "http-gateway": {
    runs: { aws: "image", kubernetes: "image" },
    standalone: true,
    isNeeded: ({ cluster }) => cluster.httpGateway !== undefined,
    listeners: ["client"],
    reaches: [],
    accounts: noAccount,
    secrets: ({ cluster }) => (cluster.httpGateway ? [`user-service-${cluster.httpGateway.service}`] : []),
    ownLog: true,
  },
  backlog: {
    runs: { aws: "image", kubernetes: "image" },
    standalone: true,
    isNeeded: ({ cluster }) => cluster.backlogs.length > 0,
    listeners: ["client"],
    reaches: [],
    accounts: ({ cluster }) => backlogAccounts(cluster.backlogs),
    secrets: ({ cluster }, account) =>
      backlogAccounts(cluster.backlogs).includes(account)
        ? [`user-service-${backlogService(cluster.name, account)}`]
        : [],
    ownLog: true,
  },
  "certificate-renewal": {
    runs: { kubernetes: "image" },
    standalone: false,
    isNeeded: ({ cluster }) => cluster.renewsByJob,
    listeners: ["client", "routes", "leafnodes"],
    reaches: ["vault", "kubernetes-api"],
    accounts: noAccount,
    secrets: ({ topology }) => [loginKey(topology, RENEWAL_USER)],
    ownLog: true,
  },
  streams: {
    runs: { aws: "image", kubernetes: "image" },
    standalone: true,
    isNeeded: ({ topology, cluster }) => streamAccounts(topology, cluster.name).length > 0,
    listeners: ["client"],
    reaches: [],
    accounts: ({ topology, cluster }) => streamAccounts(topology, cluster.name),
    secrets: ({ topology }, account) => [loginKey(topology, `streams-${account}`)],
    ownLog: true,
  },
  backup: {
    runs: { aws: "image", kubernetes: "image" },
    standalone: true,
    isNeeded: ({ cluster }) => cluster.backup !== undefined,
    listeners: ["client"],
    reaches: ["object-store"],
    accounts: ({ topology }) => topology.identity.accounts.filter(({ jetstream }) => jetstream).map(({ name }) => name),
    secrets: ({ topology, cluster }, account) => [
      loginKey(topology, `backup-${account}`),
      ...(cluster.backup?.encrypt ? [backupKeySecret] : []),
    ],
    ownLog: true,
  },
  "certificate-agent": {
    runs: { aws: "image" },
    standalone: false,
    isNeeded: always,
    listeners: ["client", "routes", "leafnodes", "websocket", "monitoring"],
    reaches: ["aws"],
    accounts: noAccount,
    secrets: none,
    ownLog: false,
  },
  "certificate-manager": {
    runs: { aws: "function" },
    standalone: false,
    isNeeded: always,
    listeners: [],
    reaches: ["aws"],
    accounts: noAccount,
    secrets: none,
    ownLog: true,
  },
  "dns-sync": {
    runs: { aws: "function" },
    standalone: false,
    isNeeded: always,
    listeners: [],
    reaches: ["aws"],
    accounts: noAccount,
    secrets: none,
    ownLog: true,
  },
} satisfies Record<string, ProgramModel>;

export type ProgramName = keyof typeof programs;

export const programModel = (name: ProgramName): ProgramModel => programs[name];
export const programNames = Object.keys(programs) as ProgramName[];

/** Programs of which a family of stacks runs functions, or containers. */
export const programsOf = (family: StackFamily, as: "function" | "image"): ProgramName[] =>
  programNames.filter((name) => programModel(name).runs[family] === as);

/** True for programs that a setting of the environment brings, and whose log and images go with it. */
export const comesAndGoes = (name: ProgramName): boolean => name === "http-gateway" || name === "backlog";

/**
 * Programs that clusters of one region on AWS run as containers, or those of them that have a log. Only the HTTP
 * gateway and what counts for services come and go: what others had logged, or had pushed, would be lost with a setting.
 */
export const programsIn = (topology: Topology, clusters: readonly ClusterTopology[]): ProgramName[] =>
  programNames
    .filter((name) => programModel(name).runs.aws)
    .filter(
      (name) => !comesAndGoes(name) || clusters.some((cluster) => programModel(name).isNeeded({ topology, cluster })),
    );

/** Programs that run as functions, or as containers, of whatever family. */
export const programsAs = (as: "function" | "image"): ProgramName[] =>
  programNames.filter((name) => Object.values(programModel(name).runs).includes(as));
