/** Kinds of Terraform state. A layer belongs to one platform family, and is built by one builder. */
export type AwsLayer = "foundation" | "certificates" | "nats" | "programs";
export type KubernetesLayer = "pki" | "core" | "auth" | "streams" | "services" | "backup";
export type StackLayer = AwsLayer | KubernetesLayer;

/** Stacks of one family are deployed with the same providers, by the same driver. */
export type StackFamily = "aws" | "kubernetes";

interface Stack {
  /** Name of the state, and of the stack for Terraform and CDKTF. */
  id: string;
  /** Ids of the stacks that are applied right before it: a first deployment waits for them. */
  after: string[];
  /** Ids of the stacks whose resources this one looks up: it cannot be planned before they are applied. */
  reads: string[];
}

/** Resources that clusters of a region share. */
export interface FoundationStack extends Stack {
  family: "aws";
  layer: "foundation";
  region: string;
  cluster?: undefined;
}

export interface AwsClusterStack extends Stack {
  family: "aws";
  layer: Exclude<AwsLayer, "foundation">;
  region: string;
  cluster: string;
}

export type AwsStack = FoundationStack | AwsClusterStack;

export interface KubernetesStack extends Stack {
  family: "kubernetes";
  layer: KubernetesLayer;
  cluster: string;
}

/** Terraform state of an environment, as the plan of stacks holds it. */
export type PlannedStack = AwsStack | KubernetesStack;

/** Stack of a cluster before its position in the plan is known. */
export type ClusterStack = Omit<AwsClusterStack, "after"> | Omit<KubernetesStack, "after">;
/** Stack that several clusters need, before its position in the plan is known. */
export type SharedStack = Omit<FoundationStack, "after">;

/** Planned stacks of one family, or of one layer. */
export type StackOf<Key extends StackFamily | StackLayer> = Extract<PlannedStack, { family: Key } | { layer: Key }>;

export const isInFamily =
  <Family extends StackFamily>(family: Family) =>
  (stack: PlannedStack): stack is StackOf<Family> =>
    stack.family === family;
