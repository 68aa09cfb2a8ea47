import { X509Certificate } from "node:crypto";
import type { Trust } from "../model/config";
import { type ClusterTopology, isLandingAccount, type Topology, trustOf, usersOf } from "../model/topology";
import type { AuthRules } from "../runtime/auth-callout/env";

/**
 * Rules of the auth callout: the accounts of users, the grants of a token, and the services. Every user may request its
 * own identity; the answer contains nothing about others.
 *
 * @param cluster whose responders they are for: it has signers of its own, and on a leaf identities have inboxes that its
 * link carries
 */
export function toAuthRules(topology: Topology, everywhere: Trust, cluster?: ClusterTopology): AuthRules {
  return rulesOf(topology, cluster ? trustOf(everywhere, cluster.name) : everywhere, cluster);
}

/** The same, of the keys that rules name alone. */
export function rulesOf(
  topology: Topology,
  trust: Pick<Trust, "environment" | "accounts" | "users"> & Partial<Pick<Trust, "authorities" | "previous">>,
  cluster?: ClusterTopology,
): AuthRules {
  const { identity } = topology;
  const whoAmI = "$SYS.REQ.USER.INFO";
  const withWhoAmI = (publish: { allow: string[]; deny: string[] }) => ({
    ...publish,
    allow: [...publish.allow, whoAmI],
  });
  const reachable = identity.accounts.filter(({ name }) => isLandingAccount(identity, name));
  return {
    mode: identity.mode,
    accounts: Object.fromEntries(
      reachable.map(({ name }) => {
        const asked = importedFrom(name, topology);
        const shared = asked.length > 0 ? { asked } : {};
        if (identity.mode === "callout") return [name, { id: name, ...shared }];
        const account = trust.accounts[name];
        if (!account) throw new Error(`the trust file of ${trust.environment} has no account ${name}`);
        return [name, { id: account.publicKey, signer: account.signingKey, ...shared }];
      }),
    ),
    permissions: identity.permissions.map((rule) => ({ ...rule, publish: withWhoAmI(rule.publish) })),
    services: Object.fromEntries(
      Object.entries(identity.services).map(([name, service]) => {
        const key = trust.users[`service-${name}`];
        if (!key) throw new Error(`the trust file of ${trust.environment} has no service ${name}`);
        return [key, { name, ...service, publish: withWhoAmI(service.publish) }];
      }),
    ),
    ...leafsOf(topology, trust, cluster),
    links: identity.links,
    leaf: cluster && cluster.leafLinks.length > 0 ? cluster.name : undefined,
    maxLifetimeSeconds: Math.floor(identity.maxLifetimeMs / 1000),
  };
}

/** Subjects of an account on which others ask its services. */
const importedFrom = (name: string, { identity }: Topology): string[] => {
  const subjects = identity.accounts.flatMap(({ imports }) =>
    imports.filter(({ kind, account }) => kind === "service" && account === name).map(({ subject }) => subject),
  );
  return [...new Set(subjects)];
};

/** Logins of leafs that are good with a certificate of their own alone, the keys of before included. */
function leafsOf(
  { identity }: Topology,
  { users, authorities = {}, previous = {} }: Parameters<typeof rulesOf>[1],
  cluster?: ClusterTopology,
): Pick<AuthRules, "leafs"> {
  const known = cluster ? usersOf(identity, cluster.name) : identity.users;
  const signedBy = (...names: (string | undefined)[]) =>
    Object.entries(authorities).flatMap(([name, pem]) => (names.includes(name) ? fingerprints(pem) : []));
  const leafs = known.flatMap(({ name, account, permissions, certificateOf, cluster: hub }) => {
    if (certificateOf === undefined) return [];
    const own = signedBy(certificateOf);
    const rest = Object.keys(authorities).filter((other) => other !== certificateOf && other !== hub);
    // Two may have their certificates from one authority, the hub's among them: there the name decides.
    const others = signedBy(...rest).filter((one) => ![...own, ...signedBy(hub)].includes(one));
    const listed = ({ allow = [], deny = [] }: { allow?: string[]; deny?: string[] } = {}) => ({ allow, deny });
    const leaf = {
      ...{ name, account, publish: listed(permissions?.publish), subscribe: listed(permissions?.subscribe) },
      certificate: { name: certificateOf, authorities: own.filter((one) => !signedBy(hub).includes(one)), others },
    };
    const keys = [users[name], previous[`user-${name}`]].filter((key) => key !== undefined);
    return keys.map((key) => [key, leaf] as const);
  });
  return leafs.length === 0 ? {} : { leafs: Object.fromEntries(leafs) };
}

const fingerprints = (pem: string): string[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one).fingerprint256,
  );
