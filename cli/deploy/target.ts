import { join } from "node:path";
import type { BackendSettings } from "../../artifacts/backend-config";
import type { Environment, Trust } from "../../model/config";
import type { LeafAuthorities, Topology } from "../../model/topology";
import { stackPlan } from "../../model/topology";
import { awsLimits } from "../../runtime/common/aws-limits";
import type { EmulatorAddress, EmulatorFolder } from "../core/emulator-folder";
import type { KubernetesAccess } from "../core/kubernetes-access";
import { UserError } from "../core/project";
import type { KeyStore } from "../keys/key-store";
import type { Approval } from "./approval";
import type { TerraformFolder } from "./terraform";

/** Target of a deployment: real accounts and Kubernetes clusters, or the emulated AWS of this machine. */
export interface DeployTarget {
  root: string;
  environment: Environment;
  topology: Topology;
  trust: Trust;
  /** Private halves of the environment's keys. */
  keys: KeyStore;
  /** Authorities of leaf nodes in the trust file before those that were exchanged since came into it. */
  authoritiesBefore?: LeafAuthorities;
  /** Folder of a trust file to synthesize with, other than the project's. */
  trustFolder?: string;
  /** `cdktf.out`, or its place in the emulator's folder. */
  out: string;
  /** Environment variables of Terraform and of our own clients: credentials, and the address of an emulator. */
  env: Record<string, string>;
  /** By cluster, for those on Kubernetes. */
  kubernetes: ReadonlyMap<string, KubernetesAccess>;
  /** Variables of the streams program for this deployment, such as an allowed loss of data. */
  streamsMay: Record<string, string>;
  /** What the caller has permitted beforehand, by name. */
  allowed?: Allowed;
  /** What somebody approved: nothing else is applied, and nobody is asked about it again. */
  approval?: Approval;
  /** Set when everything is to be removed: then problems of the environment do not count. */
  removing?: boolean;
  /** Set when nothing may be changed. */
  looking?: boolean;
  /** Set for the emulated AWS: clusters on other platforms are left out. */
  emulator?: { folder: EmulatorFolder; address: EmulatorAddress };
}

/** Permissions that a confirmation of changes does not give. */
export interface Allowed {
  /** Streams, consumers, accounts, clusters and stacks that may be lost. */
  dataLoss?: readonly string[];
  /** Keys of servers whose effect nobody has measured, and that are restarted for. */
  acknowledged?: readonly string[];
  /** Lock of a state to release, by its id. */
  unlock?: string;
  /** States may be copied to a backend that was changed. */
  migrateState?: boolean;
}

export const stacksOf = ({ topology, emulator }: DeployTarget) =>
  stackPlan(topology).filter((stack) => !emulator || stack.family === "aws");

export const stackFolder = (target: DeployTarget, stack: string): TerraformFolder => ({
  stack,
  path: join(target.out, "stacks", stack),
  env: { ...target.env, ...target.kubernetes.get(clusterOfStack(target, stack) ?? "")?.terraformEnv },
});

const clusterOfStack = ({ topology }: DeployTarget, id: string) =>
  stackPlan(topology).find((stack) => stack.id === id)?.cluster;

/** Folder of a stack that is no longer in the environment. @param env variables of the Kubernetes cluster that it is on */
export const leftFolder = (target: DeployTarget, stack: string, env: Record<string, string> = {}): TerraformFolder => ({
  stack,
  path: join(target.out, "left", "stacks", stack),
  env: { ...target.env, ...env },
});

/** What the place of its states depends on. */
export const backendSettings = ({ root, emulator }: DeployTarget): BackendSettings => ({
  root,
  emulatorEndpoint: emulator?.address.url,
});

/** Access to the Kubernetes cluster of a cluster. */
export function accessOf({ kubernetes }: DeployTarget, cluster: string): KubernetesAccess {
  const access = kubernetes.get(cluster);
  if (!access) throw new UserError(`no Kubernetes is known for the cluster ${cluster}`);
  return access;
}

/** Configuration of our own AWS clients. On the emulator nothing of the caller's AWS settings is used. */
export function clientConfig({ emulator }: Pick<DeployTarget, "emulator">, region: string) {
  if (!emulator) return { ...awsLimits(), region };
  const { url: endpoint, key } = emulator.address;
  return { ...awsLimits(), region, endpoint, credentials: { accessKeyId: key, secretAccessKey: key } };
}
