import type { Environment } from "../../../model/config";
import type { Topology } from "../../../model/topology";
import { isInFamily, stackPlan } from "../../../model/topology";
import { UserError } from "../../core/project";
import { missingForEmulator } from "../../emulator/start";
import { storeUrl } from "../../keys/place";
import { openStore } from "../../keys/store";
import { findProviderMirror } from "../provider-mirror";
import { callersVariables } from "../targets";
import { findTerraform } from "../terraform";
import { authorityNeeds } from "./authorities";
import { awsNeeds } from "./aws";
import { keyNeeds, trustNeeds } from "./keys";
import { kubernetesNeeds } from "./kubernetes";
import { kubernetesRights } from "./kubernetes-rights";
import { missingError, type Need } from "./need";
import { imageNeeds, programNeeds, providerNeeds, registryAnswers } from "./programs";
import { vaultNeeds, vaultRights } from "./vault";

export interface Wanted {
  root: string;
  environment: Environment;
  topology: Topology;
  options: { emulate?: boolean; destroy?: boolean; store?: string };
}

/**
 * Looks for everything that a deployment needs before anything is made.
 *
 * @returns all that is missing, as one error
 */
export async function whatIsMissing(wanted: Wanted): Promise<UserError | undefined> {
  const { environment, topology, options } = wanted;
  const stacks = stackPlan(topology);
  const kinds = [...new Set(topology.clusters.map(({ platform }) => platform.kind))].join(", ");
  if (options.emulate && !stacks.some(isInFamily("aws")))
    return new UserError(
      `${environment.name} has no cluster on aws-ecs: ${kinds}`,
      `natsform up ${environment.name} runs it here; what is emulated is AWS alone, a local Kubernetes is deployed to as any other`,
    );
  if (stacks.length === 0)
    return new UserError(
      `${environment.name} has no cluster on aws-ecs or kubernetes: ${kinds}`,
      "natsform deploy knows no other yet",
    );
  if (!options.emulate) return missingError(environment.name, await deployNeeds(wanted));
  const missing = await missingForEmulated();
  return missing === undefined ? undefined : new UserError(missing, "natsform doctor deploy says how to get it");
}

/** Everything that a deployment to real accounts and clusters needs, there or not. */
export async function deployNeeds({ root, environment, topology, options }: Wanted): Promise<Need[]> {
  const store = storeUrl(root, environment.name, options.store);
  const env = callersVariables();
  return Promise.all([
    ...programNeeds(topology),
    ...providerNeeds(topology),
    ...kubernetesNeeds(topology, env),
    ...vaultNeeds(topology, env),
    ...awsNeeds(topology),
    // What is removed needs no keys, and no images.
    ...(options.destroy
      ? []
      : [...keyNeeds(root, environment, topology, () => openStore(store)), ...imageNeeds(topology)]),
  ]);
}

/** The same, and what only a look at the Kubernetes cluster and at Vault tells: rights, room, storage. */
export async function environmentNeeds(wanted: Wanted): Promise<Need[]> {
  const { root, environment, topology } = wanted;
  const env = callersVariables();
  const further = [
    ...trustNeeds(root, environment, topology),
    ...kubernetesRights(environment, topology, env),
    ...vaultRights(environment, topology, env),
  ];
  return [...(await deployNeeds(wanted)), ...(await Promise.all(further)), ...(await authorityNeeds(root, topology))];
}

async function missingForEmulated(): Promise<string | undefined> {
  try {
    findTerraform();
  } catch {
    return "terraform is not on PATH";
  }
  if (!findProviderMirror("aws") && !(await registryAnswers()))
    return "Terraform's AWS provider is neither on this machine nor at its registry";
  return missingForEmulator();
}
