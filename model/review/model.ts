import type { ChangePlan, Narrowed } from "../change";
import type { Environment } from "../config";
import type { AcknowledgedFinding, Acknowledgement, Finding } from "../lint";
import type { Topology } from "../topology";
import type { LiveCluster } from "./live";

/**
 * What a review could read, from the least. `source`: two revisions of the repository. `plan`: what Terraform plans as well.
 * `live`: what servers say now as well.
 */
export type Depth = "source" | "plan" | "live";

/** `acknowledge`: somebody has to say that it is wanted. `block`: it is not to be applied. */
export type Verdict = "allow" | "acknowledge" | "block";

/** One of the two states of an environment. */
export interface ReviewSide {
  /** What is not in the topology, and is judged too. */
  environment: Pick<Environment, "acknowledge" | "deletionProtection" | "backend">;
  topology: Topology;
}

/** What is reviewed. Plain data. */
export interface ReviewInput {
  name: string;
  /** Absent: the environment is new. */
  before?: ReviewSide;
  /** Absent: it is taken out. */
  after?: ReviewSide;
  /** A Terraform plan that natsform's stacks did not make: rules that need a topology have none. */
  foreign?: true;
  /** From before to after; of an environment that is taken out, to nothing. */
  change: ChangePlan;
  /** Lint of both, each by its own acknowledgements. */
  findings: { before: readonly Finding[]; after: readonly Finding[]; accepted: readonly AcknowledgedFinding[] };
  /** Whom servers trust, where keys changed: from the trust files of both revisions. */
  trust?: TrustChange;
  /** Why the environment of before cannot be read: it is judged as if it were new. */
  unreadable?: string;
  /** What is accepted, where no revision of before says so: in a deployment. @default what both revisions accept */
  accepted?: readonly Acknowledgement[];
  /** Files of the repository that the change touches, by their paths in it. */
  files: readonly string[];
  /** Clusters of which plans say what servers are made from, where that is not what the repository says. */
  planned?: { otherCode: readonly string[]; otherDeployed: readonly string[] };
  /** What servers said, by cluster; absent: nobody asked them. */
  live?: readonly LiveCluster[];
  /** Stacks as Terraform plans them; absent: depth `source`. */
  stacks?: readonly StackReview[];
  /** `YYYY-MM-DD`. */
  today: string;
}

/** Keys that servers and responders trust, and that another revision does not. Public halves alone. */
export interface TrustChange {
  /** Names of keys that became others, as the trust file has them. */
  changed: string[];
  /** Of these, issuers and xkeys of which the new file does not know the one of before. */
  withoutOverlap: string[];
}

/** A sentence of the verdict. */
export interface Reason extends Finding {
  verdict: Exclude<Verdict, "allow">;
}

/** A moment of the change: what happens, to whom, and for how long. */
export interface Step {
  /** Part of the deployment, in its order: `servers of core`. */
  when: string;
  what: string;
  /** Who notices, and how; empty where nobody does. */
  effects: string[];
}

/** How far a listener can be reached. */
export interface Door {
  cluster: string;
  listener: string;
  port: number;
  exposure: string;
}

/** Doors that are new, closed, or reached by others than before. */
export interface DoorChange {
  cluster: string;
  listener: string;
  from?: string;
  to?: string;
}

/** What Terraform does with a resource, in words that show destruction. */
export type Action = "made" | "changed" | "replaced, with a gap" | "replaced, overlapping" | "destroyed" | "abandoned";

/** One resource that Terraform changes. Every value is masked. */
export interface ResourceChange {
  address: string;
  /** Where it stands in the code: `servers/core-0-config`. */
  construct?: string;
  type: string;
  /** A left-over of an earlier replacement: not the resource itself. */
  deposed?: string;
  /** `unknown`: an action of a later format. */
  action: Action | "moved" | "adopted" | "unknown";
  why?: string;
  movedFrom?: string;
  /** Attributes that differ, by path, as text. */
  differences: Difference[];
  /**
   * What becomes of it as a whole, for an approval: of each value that it gets, by path, the beginning of the SHA-256 of the masked
   * value, or `unknown`. Of what it keeps there is none.
   */
  digests?: Record<string, string>;
  /** Of a release of Helm: what the chart makes of it, where the chart and Helm are at hand. */
  objects?: ObjectChange[];
  /** Of a release of Helm: why nobody has seen its objects. */
  notRendered?: string;
}

/** An object of Kubernetes that a release of Helm makes, changes or takes away. Values of Secrets are masked. */
export interface ObjectChange {
  /** `StatefulSet nats`, with its namespace where the chart names one. */
  object: string;
  action: "made" | "changed" | "destroyed";
  differences: Difference[];
  /** Paths that are others at every rendering, by the chart's own doing. */
  random: string[];
}

export interface Difference {
  path: string;
  from?: string;
  to?: string;
  /** This attribute forces the replacement. */
  forces?: true;
}

/** What a plan says of one stack. */
export interface StackReview {
  stack: string;
  /** It cannot be planned before this one is applied. */
  after?: string;
  /** It is one of the environment's, and why there is no plan of it, in a sentence. */
  missing?: string;
  counts: Partial<Record<ResourceChange["action"], number>>;
  changes: ResourceChange[];
  /** What changed in the cloud behind Terraform's back: by type and attributes. */
  drift: { what: string; count: number; feeds: boolean }[];
  /** Findings about resources, by rule. */
  findings: Finding[];
  /** Services of ECS whose tasks are replaced, by their names. */
  rolled: string[];
  /** Write-only values whose version stays: another value would not be sent. */
  unsent: string[];
  /** Resources that Terraform put off. */
  deferred: number;
}

/** The review of one environment. Plain data: what `--json` prints. */
export interface Review {
  environment: string;
  depth: Depth;
  verdict: Verdict;
  /** What stands against it, the gravest first. */
  reasons: Reason[];
  /** What was accepted before this change. */
  accepted: AcknowledgedFinding[];
  /** Acknowledgements that the change itself brings: they count once they are merged. */
  brought: Acknowledgement[];
  isNew: boolean;
  isRemoved: boolean;
  steps: Step[];
  change: ChangePlan;
  gained: Narrowed[];
  doors: DoorChange[];
  stacks: readonly StackReview[];
  /** What servers said; empty where nobody asked them. */
  live: readonly LiveCluster[];
  notChecked: string[];
}
