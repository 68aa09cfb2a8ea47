import {
  type ClusterTopology,
  clusterSecrets,
  type DeployedSecret,
  deployedSecrets,
  type KeyOwner,
  secretsInStore,
  type Topology,
} from "../../model/topology";
import { UserError } from "../core/project";
import type { KeyStore } from "./key-store";

/** An environment, and whose keys have plain names. */
export interface KeyedEnvironment {
  topology: Topology;
  trust: KeyOwner;
}

/** What a deployment's store holds. */
export interface DeployedKeys {
  /** Whose programs read it. */
  clusters: readonly ClusterTopology[];
  /**
   * Logins of services and of the system user too, in a store that lets each read its own. Such a store may hold the keys of
   * several clusters; the other kind is of one.
   */
  personal: boolean;
}

/** Everything that is deployed anywhere. */
export const deployedEverywhere = ({ clusters }: Topology): DeployedKeys => ({ clusters, personal: true });

/** What a store holds, by its URL: the Secret of a cluster what is read there, every other store all. */
export function deployedIn(topology: Topology, url: string): DeployedKeys {
  const [, secret] = /^kubernetes:[^/]+\/([^?]+)/.exec(url) ?? [];
  const cluster = topology.clusters.find(({ name }) => clusterSecrets(name).servers === secret);
  return cluster ? { clusters: [cluster], personal: false } : deployedEverywhere(topology);
}

const secretsOf = (
  { topology, trust }: KeyedEnvironment,
  { clusters, personal }: DeployedKeys,
): Pick<DeployedSecret, "name" | "keys">[] => {
  return personal
    ? secretsInStore(topology, trust, clusters)
    : deployedSecrets(topology, trust, clusters).map(({ entry, keys }) => ({ name: entry, keys }));
};

/** The secrets of a deployment with their values, in the form that programs read. */
export async function deployedValues(
  environment: KeyedEnvironment,
  from: KeyStore,
  deployed: DeployedKeys = deployedEverywhere(environment.topology),
): Promise<{ name: string; value: string }[]> {
  return Promise.all(
    secretsOf(environment, deployed).map(async ({ name, keys }) => {
      const values = await Promise.all(keys.map((key) => from.read(key)));
      return { name, value: values.filter((value) => value !== undefined).join("\n") };
    }),
  );
}

/**
 * Writes the secrets of deployed programs into the deployment's store. Keys that sign for an operator are not copied.
 * Idempotent.
 *
 * @throws UserError when a key is missing, before anything is written
 */
export async function pushSecrets(
  environment: KeyedEnvironment,
  from: KeyStore,
  to: KeyStore,
  deployed: DeployedKeys = deployedEverywhere(environment.topology),
): Promise<{ written: number; unchanged: number }> {
  const secrets = await deployedValues(environment, from, deployed);
  const missing = secrets.filter(({ value }) => value === "").map(({ name }) => name);
  if (missing.length === secrets.length)
    throw new UserError(`there are no keys in ${from.description}`, "natsform keys init");
  if (missing.length > 0)
    throw new UserError(
      `${from.description} lacks ${missing.join(", ")}`,
      "natsform keys init creates what is missing",
    );
  let written = 0;
  for (const { name, value } of secrets) {
    if ((await to.read(name)) === value) continue;
    await to.write(name, value);
    written++;
  }
  return { written, unchanged: secrets.length - written };
}

/** Entries of the Secret of one cluster that nobody there reads: whoever may read it has them all the same. */
export async function strayKeys(
  environment: KeyedEnvironment,
  store: KeyStore,
  deployed: DeployedKeys,
): Promise<string[]> {
  const wanted = secretsOf(environment, deployed).map(({ name }) => name);
  return (await store.list()).filter((name) => !wanted.includes(name));
}

/** Removes such entries. @returns their names */
export async function removeStrayKeys(
  environment: KeyedEnvironment,
  store: KeyStore,
  deployed: DeployedKeys,
): Promise<string[]> {
  const stray = await strayKeys(environment, store, deployed);
  for (const name of stray) await store.remove(name);
  return stray;
}
