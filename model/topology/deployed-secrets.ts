import type { Trust } from "../config";
import { isSeparating, storedName } from "./cluster-keys";
import { isLandingAccount } from "./identity";
import type { ClusterTopology, Topology } from "./model";
import { platformModel } from "./platform-models";
import { programModel, programNames } from "./programs";
import { calloutIssuerSecret, calloutXkeySecret, loginKey } from "./secret-names";

/** A secret that deployed programs read: the values of `keys` in the key store that exist, one a line. */
export interface DeployedSecret {
  /** In a store for several clusters. */
  name: string;
  /** In the Secret of its cluster alone. */
  entry: string;
  keys: string[];
}

/** Of a trust file: which cluster's keys have plain names in a store for several, and whether they have just got them. */
export type KeyOwner = Pick<Trust, "cluster" | "clusters">;

/**
 * Secrets that `keys push` writes to the deployment of some clusters, in the shape that programs read: those that their
 * programs and servers read, and no others. Keys that sign for an operator stay where they were made.
 */
export function deployedSecrets(
  topology: Topology,
  owner: KeyOwner,
  clusters: readonly ClusterTopology[],
): DeployedSecret[] {
  const secrets = clusters.flatMap((cluster) =>
    secretsReadIn(topology, cluster).map((entry): [string, DeployedSecret] => {
      const [name = entry, ...keys] = [entry, ...keysOf(topology, entry)].map((key) =>
        storedName(owner, cluster.name, key),
      );
      return [name, { name, entry, keys }];
    }),
  );
  return [...new Map(secrets).values()];
}

/**
 * Secrets of a store for several clusters under the names that all shared, while clusters are getting keys of their own:
 * what runs with those names goes on until it is told of others. Responders may be of any cluster, and find their keys.
 */
function sharedSecrets(topology: Topology, owner: KeyOwner, clusters: readonly ClusterTopology[]): DeployedSecret[] {
  if (!isSeparating(owner)) return [];
  const all = deployedSecrets(topology, owner, clusters);
  return [...new Set(all.map(({ entry }) => entry))].map((entry) => {
    const keys = all.filter((one) => one.entry === entry).flatMap((one) => one.keys);
    const isOfResponders = keys.some((key) => key.includes("-previous"));
    return { name: entry, entry, keys: isOfResponders ? [...new Set(keys)] : keys.slice(0, 1) };
  });
}

/**
 * Logins of services and of the system users, for a store in which each secret has readers of its own: natsform's programs
 * read none of them, and people and services do by the rights that they are given.
 */
export function personalSecrets(
  topology: Topology,
  owner: KeyOwner,
  clusters: readonly ClusterTopology[],
): DeployedSecret[] {
  const sys = loginKey(topology, "sys");
  const names = [
    ...clusters.map((cluster) => [sys, storedName(owner, cluster.name, sys)] as const),
    ...Object.keys(topology.identity.services).map((name) => [`user-service-${name}`, `user-service-${name}`] as const),
  ];
  return [...new Map(names.map(([entry, name]) => [name, { name, entry, keys: [name] }])).values()];
}

/** Everything that a store for several clusters holds. */
export function secretsInStore(
  topology: Topology,
  owner: KeyOwner,
  clusters: readonly ClusterTopology[],
): DeployedSecret[] {
  const all = [deployedSecrets, sharedSecrets, personalSecrets].flatMap((of) => of(topology, owner, clusters));
  return [...new Map(all.map((secret) => [secret.name, secret])).values()];
}

/** Names of the secrets that somebody in a cluster reads: its programs and services, its servers' links to a hub, its nats-box. */
function secretsReadIn(topology: Topology, cluster: ClusterTopology): string[] {
  const { platform, leafLinks } = cluster;
  const people = platformModel(platform).commandLineUsers(platform);
  const scope = { topology, cluster };
  const ofPrograms = programNames
    .map(programModel)
    .filter((program) => program.isNeeded(scope))
    .flatMap((program) => program.accounts(scope).flatMap((account) => program.secrets(scope, account)));
  const ofServices = cluster.fleet.map(({ name }) => `user-service-${name}`);
  return [
    ...ofPrograms,
    ...ofServices,
    ...[...leafLinks.map(({ user }) => user), ...people].map((user) => loginKey(topology, user)),
  ];
}

function keysOf({ identity }: Topology, name: string): string[] {
  if (name === calloutIssuerSecret) return issuerKeys(identity);
  if (name === calloutXkeySecret) return withPrevious("xkey");
  return name === responderKey || name === responderCreds ? withPrevious(name) : [name];
}

/** Credentials of the responders: during a rotation the old one comes after the new one. */
export const responderKey = "user-responder";
export const responderCreds = "creds-responder";

export const encryptsBackups = ({ clusters }: Pick<Topology, "clusters">): boolean =>
  clusters.some(({ backup }) => backup?.encrypt);

/** Keys that the responder signs with: those of a rotation that is not finished come after the current one. */
function issuerKeys(identity: Topology["identity"]): string[] {
  const { mode, calloutAccount, accounts } = identity;
  if (mode === "callout") return withPrevious("issuer");
  const landing = accounts.map(({ name }) => name).filter((name) => isLandingAccount(identity, name));
  // The first signs answers: servers that have not heard of a rotation yet know the old one alone. The account's own key
  // stays where it was made: servers of every cluster accept what it signs.
  const [current = "", old = ""] = withPrevious(`signing-${calloutAccount}`);
  return [old, current, ...landing.flatMap((name) => withPrevious(`signing-${name}`))];
}

const withPrevious = (key: string) => [key, `${key}-previous`];
