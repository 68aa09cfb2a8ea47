import type { Trust } from "../../model/config";
import { isLandingAccount, type Topology } from "../../model/topology";

/**
 * Keys that say whose they are, in place of real ones. Two configurations with them differ where a real one would get another
 * key or another JWT because of the environment; a rotation of keys is not a change of the environment.
 */
export function namedTrust({ environment, identity }: Topology): Trust {
  const users = [
    ...identity.users.map(({ name }) => name),
    ...Object.keys(identity.services).map((name) => `service-${name}`),
  ];
  const claimsOf = (account: Topology["identity"]["accounts"][number]) =>
    JSON.stringify(
      account.name === identity.calloutAccount
        ? {
            ...account,
            users: identity.users.filter((user) => user.account === account.name).map(({ name }) => name),
            allowed: identity.accounts.map(({ name }) => name).filter((name) => isLandingAccount(identity, name)),
          }
        : account,
    );
  return {
    environment,
    example: true,
    issuer: "issuer",
    xkey: "xkey",
    users: Object.fromEntries(users.map((name) => [name, `user ${name}`])),
    operator: { publicKey: "operator", jwt: `operator ${identity.operatorName}` },
    accounts: Object.fromEntries(
      identity.accounts.map((account) => [
        account.name,
        { publicKey: `account ${account.name}`, signingKey: `signing ${account.name}`, jwt: claimsOf(account) },
      ]),
    ),
    sentinel: "sentinel",
  };
}
