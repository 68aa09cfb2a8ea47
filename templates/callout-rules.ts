import type { Trust } from "../model/config";
import { type ClusterTopology, isLandingAccount, type Topology, trustOf } from "../model/topology";
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
  trust: Pick<Trust, "environment" | "accounts" | "users">,
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
