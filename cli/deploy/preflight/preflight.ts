import type { Environment } from "../../../model/config";
import type { Topology } from "../../../model/topology";
import { isInFamily, stackPlan } from "../../../model/topology";
import { UserError } from "../../core/project";
import { registryAnswers } from "../../core/provider-mirror";
import { toolsOf } from "../../core/toolbox/list";
import { missingTools } from "../../core/toolbox/missing";
import { storeUrl } from "../../keys/location";
import { openStore } from "../../keys/store";
import { callersVariables } from "../targets";
import { authorityPrerequisites } from "./authorities";
import { awsPrerequisites } from "./aws";
import { exportPrerequisites, keyPrerequisites, trustPrerequisites } from "./keys";
import { kubernetesPrerequisites } from "./kubernetes";
import { kubernetesRights } from "./kubernetes-rights";
import { type Prerequisite, prerequisiteError } from "./prerequisite";
import { imagePrerequisites, providerPrerequisites, toolPrerequisites } from "./tools";
import { vaultPrerequisites, vaultRights } from "./vault";

export interface PrerequisiteScope {
  root: string;
  environment: Environment;
  topology: Topology;
  options: {
    emulate?: boolean;
    /** Neither private keys nor images are needed: to remove, or to look. */
    keyless?: boolean;
    store?: string;
  };
}

/**
 * Checks everything that a deployment needs, before anything is changed.
 *
 * @returns one error with everything that is missing; `undefined` when nothing is
 */
export async function checkPrerequisites(desired: PrerequisiteScope): Promise<UserError | undefined> {
  const { environment, topology, options } = desired;
  const stacks = stackPlan(topology);
  const kinds = [...new Set(topology.clusters.map(({ platform }) => platform.kind))].join(", ");
  if (options.emulate && !stacks.some(isInFamily("aws")))
    return new UserError(
      `${environment.name} has no cluster on aws-ecs: ${kinds}`,
      `natsform up ${environment.name} runs it here; only AWS is emulated, so leave out --emulate for a local Kubernetes`,
    );
  if (stacks.length === 0)
    return new UserError(
      `${environment.name} has no cluster on aws-ecs or kubernetes: ${kinds}`,
      "natsform deploy supports no other platform yet",
    );
  if (!options.emulate) return prerequisiteError(environment.name, await deployPrerequisites(desired));
  const tools = toolsOf(["emulation"]).flatMap(({ tool, needed }) => (needed ? [tool] : []));
  return missingTools(tools, registryAnswers);
}

/** All prerequisites of a deployment to real accounts and clusters, met or not. */
export async function deployPrerequisites({
  root,
  environment,
  topology,
  options,
}: PrerequisiteScope): Promise<Prerequisite[]> {
  const store = storeUrl(root, environment.name, options.store);
  const env = callersVariables();
  return Promise.all([
    ...toolPrerequisites(topology),
    ...providerPrerequisites(topology),
    ...kubernetesPrerequisites(topology, env),
    ...vaultPrerequisites(topology, env),
    ...awsPrerequisites(topology),
    ...(options.keyless
      ? []
      : [...keyPrerequisites(root, environment, topology, () => openStore(store)), ...imagePrerequisites(topology)]),
  ]);
}

/** The same, with checks inside the Kubernetes clusters and Vault: rights, room, storage. */
export async function environmentPrerequisites(desired: PrerequisiteScope): Promise<Prerequisite[]> {
  const { root, environment, topology } = desired;
  const env = callersVariables();
  const further = [
    ...trustPrerequisites(root, environment, topology),
    ...exportPrerequisites(root, environment.name),
    ...kubernetesRights(environment, topology, env),
    ...vaultRights(environment, topology, env),
  ];
  return [
    ...(await deployPrerequisites(desired)),
    ...(await Promise.all(further)),
    ...(await authorityPrerequisites(root, topology)),
  ];
}
