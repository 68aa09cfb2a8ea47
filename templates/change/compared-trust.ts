import type { Trust } from "../../model/config";
import { calloutKeys, hasKeysOf, type Topology, trustOf } from "../../model/topology";
import { namedTrust } from "./named-trust";

/**
 * The trust file for a comparison: real keys where there are any, names in place of those that are yet to be made, and in place of
 * JWTs what they say. A JWT that is signed anew says nothing new, and one of before does not know the environment of now.
 */
export function comparedTrust(topology: Topology, trust?: Trust): Trust {
  const named = namedTrust(topology);
  if (!trust) return named;
  const { environment: _, ...rest } = trust;
  const users = (own: Trust["users"]) => ({ ...named.users, ...own });
  const missing = topology.clusters.filter(({ name }) => !hasKeysOf(trust, name));
  const sets = Object.entries(trust.clusters ?? {}).map(([name, set]) => [
    name,
    { ...set, users: users(set.users), accounts: undefined },
  ]);
  const fresh = missing.map(({ name }) => [name, { issuer: named.issuer, xkey: named.xkey, users: named.users }]);
  const clusters = Object.fromEntries([...sets, ...fresh]) as NonNullable<Trust["clusters"]>;
  const keys: Trust = { ...rest, environment: topology.environment, users: users(trust.users), accounts: {} };
  return {
    ...keys,
    clusters: Object.keys(clusters).length > 0 ? clusters : undefined,
    operator: { ...(trust.operator ?? named.operator), jwt: named.operator?.jwt } as Trust["operator"],
    sentinel: named.sentinel,
    accounts: accountsOf(topology, trust, named),
  };
}

function accountsOf(topology: Topology, trust: Trust, named: Trust): Trust["accounts"] {
  return Object.fromEntries(
    topology.identity.accounts.map(({ name }) => {
      const [own, placeholder] = [trust.accounts[name], named.accounts[name]];
      const publicKey = own?.publicKey ?? placeholder?.publicKey ?? name;
      const signers = topology.clusters
        .filter((cluster) => hasKeysOf(trust, cluster.name))
        .map((cluster) => trustOf(trust, cluster.name).accounts[name]?.signingKey);
      const callout =
        name === topology.identity.calloutAccount
          ? topology.clusters
              .filter((cluster) => hasKeysOf(trust, cluster.name))
              .map((cluster) => calloutKeys(topology, trust, cluster.name))
          : [];
      const claims = JSON.stringify([placeholder?.jwt, signers, callout, trust.revoked ?? []]);
      const jwt = trust.imported ? (own?.jwt ?? claims) : claims;
      return [name, { publicKey, signingKey: own?.signingKey ?? placeholder?.signingKey, jwt }];
    }),
  );
}
