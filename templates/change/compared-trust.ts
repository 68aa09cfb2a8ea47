import type { Trust } from "../../model/config";
import { calloutKeys, hasKeysOf, type Topology, trustOf, usersElsewhere } from "../../model/topology";
import { namedTrust } from "./named-trust";

/**
 * A cluster's keys for a comparison: real ones where there are any, names in place of those that are yet to be made, and in
 * place of JWTs what they say. A JWT that is signed anew says nothing new, and one of before does not know the environment of now.
 */
export function comparedTrust(topology: Topology, cluster: string, everywhere?: Trust): Trust {
  const named = namedTrust(topology);
  if (!everywhere || !hasKeysOf(everywhere, cluster)) return named;
  const trust = trustOf(everywhere, cluster);
  const accounts = topology.identity.accounts.map(({ name }): [string, Trust["accounts"][string]] => {
    const { publicKey = name, signingKey, jwt } = { ...named.accounts[name], ...withoutJwt(trust.accounts[name]) };
    const isImported = trust.imported && trust.accounts[name]?.jwt !== undefined;
    return [name, { publicKey, signingKey, jwt: isImported ? trust.accounts[name]?.jwt : `${jwt} ${signingKey}` }];
  });
  const view: Trust = {
    ...trust,
    environment: topology.environment,
    users: { ...named.users, ...trust.users },
    operator: trust.operator ? { ...trust.operator, jwt: named.operator?.jwt ?? "" } : named.operator,
    sentinel: named.sentinel,
    accounts: Object.fromEntries(accounts),
  };
  const callout = view.accounts[topology.identity.calloutAccount];
  const mark = keysBeyondConf(topology, view, everywhere, cluster);
  return callout && !trust.imported
    ? {
        ...view,
        accounts: {
          ...view.accounts,
          [topology.identity.calloutAccount]: { ...callout, jwt: `${callout.jwt} ${mark}` },
        },
      }
    : view;
}

/** What accounts' JWTs say of keys, and no configuration does in operator mode: see `deployedDigest`. */
export function keysBeyondConf(
  topology: Topology,
  view: Trust,
  everywhere: Trust | undefined,
  cluster: string,
): string {
  const refused = everywhere ? [...usersElsewhere(everywhere, cluster), ...(everywhere.revoked ?? [])] : [];
  return [calloutKeys(topology, view, cluster), ...refused].join(",");
}

const withoutJwt = (account: Trust["accounts"][string] | undefined) => {
  const { jwt: _, ...keys } = account ?? {};
  return keys;
};
