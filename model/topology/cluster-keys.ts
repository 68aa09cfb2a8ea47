import type { Trust } from "../config";
import type { Identity, UserTopology } from "./model";

/**
 * Every cluster has an issuer, a curve key and fixed users of its own, so that who owns the machines of one owns no other.
 * In stores that hold the keys of several, one cluster's have plain names, and the others' end with `_CLUSTER`: no
 * other name ends with an underscore and a label.
 */

/** Keys that belong to no cluster: of accounts and their operator, of services, of leafs, and of backups. */
const isCommon = (name: string) =>
  /^(operator|backup-key|user-sentinel)$|^account-|^user-service-|^(user|creds)-leaf-/.test(name);

/** Name, in a store for several clusters, of the key that a cluster calls `name`. */
export const storedName = (trust: Pick<Trust, "cluster">, cluster: string, name: string): string =>
  trust.cluster === undefined || trust.cluster === cluster || isCommon(name) ? name : `${name}_${cluster}`;

/** What a cluster calls the key that is stored as `stored`; undefined when it is another cluster's. */
export function nameIn(trust: Pick<Trust, "cluster">, cluster: string, stored: string): string | undefined {
  const name = isCommon(stored) ? stored : stored.replace(/_[a-z][a-z0-9-]*$/, "");
  return storedName(trust, cluster, name) === stored ? name : undefined;
}

/** Users that the servers of a cluster know by themselves. */
export const usersOf = ({ users }: Pick<Identity, "users">, cluster: string): UserTopology[] =>
  users.filter((user) => user.cluster === undefined || user.cluster === cluster);

/** Public halves of the users that other clusters have of their own. */
export function usersElsewhere({ cluster: owner, users, clusters = {} }: Trust, cluster: string): string[] {
  if (owner === undefined) return [];
  const own = Object.fromEntries(Object.entries(users).filter(([name]) => !isCommon(`user-${name}`)));
  return Object.entries({ [owner]: { users: own }, ...clusters }).flatMap(([name, set]) =>
    name === cluster ? [] : Object.values(set.users),
  );
}

/** True while clusters that shared their keys are getting their own: the shared ones are accepted until that is finished. */
export const isSeparating = ({ clusters = {} }: Pick<Trust, "clusters">): boolean =>
  Object.values(clusters).some(({ previous }) => previous !== undefined && Object.hasOwn(previous, "user-sys"));

/** Users of the trust file that belong to no cluster. */
const commonUsers = (users: Trust["users"]): Trust["users"] =>
  Object.fromEntries(Object.entries(users).filter(([name]) => isCommon(`user-${name}`)));

/** Keys of a cluster of a trust file; undefined when it has none yet. A cluster may be called `constructor`. */
const setOf = ({ clusters = {} }: Trust, cluster: string) =>
  Object.hasOwn(clusters, cluster) ? clusters[cluster] : undefined;

/** True when the trust file has keys for this cluster, its own or those that all share. */
export const hasKeysOf = (trust: Trust, cluster: string): boolean =>
  trust.cluster === undefined || trust.cluster === cluster || setOf(trust, cluster) !== undefined;

/**
 * The trust file as the servers and programs of one cluster see it: its keys, and what belongs to no cluster.
 *
 * @throws when the trust file has no keys of the cluster
 */
export function trustOf(trust: Trust, cluster: string): Trust {
  const { cluster: owner, clusters: _, ...rest } = trust;
  if (owner === undefined || owner === cluster) return rest;
  const set = setOf(trust, cluster);
  if (!set)
    throw new Error(`the trust file of ${trust.environment} has no keys of cluster ${cluster}; run natsform keys init`);
  const { accounts = {}, ...own } = set;
  return {
    ...rest,
    // Also where the cluster has none: those of another one are nothing to it.
    previous: undefined,
    ...own,
    users: { ...commonUsers(trust.users), ...own.users },
    accounts: Object.fromEntries(
      Object.entries(trust.accounts).map(([name, account]) => [name, { ...account, ...accounts[name] }]),
    ),
  };
}
