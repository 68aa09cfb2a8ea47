import { join } from "node:path";
import { workFolder } from "../../artifacts/work-folder";
import type { Environment } from "../../model/config";
import { loadTrust, loadTrustIfThere, trustFile } from "../../model/config/load";
import type { Topology } from "../../model/topology";
import { isOnKubernetes } from "../../model/topology";
import { emulatorFolder, emulatorVariables } from "../core/emulator-folder";
import { kubernetesAccess, withoutKubeconfig } from "../core/kubernetes-access";
import { findProviderMirrors, writeCliConfig } from "../core/provider-mirror";
import { ensureEmulator } from "../emulator/start";
import type { KeyStore } from "../keys/key-store";
import { makeKeys } from "../keys/make";
import { FolderStore } from "../keys/store";
import { writeTrust } from "../keys/trust-file";
import type { DeployTarget } from "./target";
import { terraformEnv } from "./terraform";

interface Loaded {
  root: string;
  environment: Environment;
  topology: Topology;
}

/** The emulated AWS of this environment, with keys of its own; started unless it runs. */
export async function emulatedTarget({ root, environment, topology }: Loaded): Promise<DeployTarget> {
  const folder = emulatorFolder(root, environment.name);
  const address = await ensureEmulator(folder);
  const keys = new FolderStore(folder.keys);
  const previous = loadTrustIfThere(folder.trust.file, root);
  const { trust } = await makeKeys(topology, keys, previous);
  writeTrust(folder.trust.file, trust);
  return {
    root,
    environment,
    topology,
    trust,
    keys,
    out: join(folder.terraform, "cdktf.out"),
    env: {
      ...terraformEnv(writeCliConfig(folder.terraform, findProviderMirrors(), true)),
      ...emulatorVariables(address),
    },
    kubernetes: new Map(),
    streamsMay: {},
    emulator: { folder, address },
  };
}

/** The real target that the caller's credentials and kubeconfig lead to. */
export async function realTarget(
  { root, environment, topology }: Loaded,
  keys: KeyStore,
  streamsMay: DeployTarget["streamsMay"] = {},
): Promise<DeployTarget> {
  const callers = callersVariables();
  const clusters = topology.clusters.filter(isOnKubernetes);
  const accesses = clusters.map(
    async ({ name, platform }) => [name, await kubernetesAccess(platform, callers)] as const,
  );
  return {
    root,
    environment,
    topology,
    trust: loadTrust(trustFile(environment.name, root), root),
    keys,
    out: join(root, "cdktf.out"),
    env: {
      ...withoutKubeconfig(callers),
      ...terraformEnv(writeCliConfig(workFolder(root).environment(environment.name).root)),
    },
    kubernetes: new Map(await Promise.all(accesses)),
    streamsMay,
  };
}

/** Environment variables of the caller. */
export const callersVariables = (): Record<string, string> =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
