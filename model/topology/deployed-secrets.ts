import { isLandingAccount } from "./identity";
import type { Topology } from "./model";

/** A secret that deployed programs read: the values of `keys` in the key store that exist, one a line. */
export interface DeployedSecret {
  name: string;
  keys: string[];
}

/**
 * Secrets that `keys push` writes to the deployment's store, in the shape that programs read. Keys that sign for an
 * operator stay where they were made.
 */
export function deployedSecrets({ identity, clusters }: Topology): DeployedSecret[] {
  // Credentials of foreign leaves are given to their operators, and read by nothing that is deployed.
  const foreign = clusters.flatMap(({ foreignLeafs }) => foreignLeafs.flatMap(({ links }) => links));
  const fixed = identity.users.map(({ name }) => name).filter((name) => !foreign.some(({ user }) => user === name));
  const users = [...fixed, ...Object.keys(identity.services).map((name) => `service-${name}`)];
  return [
    { name: calloutIssuerSecret, keys: issuerKeys(identity) },
    { name: calloutXkeySecret, keys: withPrevious("xkey") },
    ...users.map((user) => login(`user-${user}`)),
    ...(identity.mode === "operator" ? fixed.map((name) => login(`creds-${name}`)) : []),
    ...(encryptsBackups({ clusters }) ? [single(backupKeySecret)] : []),
  ];
}

/** Name of a fixed user's credentials: creds in operator mode, else the seed of its nkey. */
export const loginKey = ({ identity }: Pick<Topology, "identity">, user: string): string =>
  `${identity.mode === "operator" ? "creds" : "user"}-${user}`;

export const calloutIssuerSecret = "callout-issuer";
export const calloutXkeySecret = "callout-xkey";
/** Credentials of the responders: during a rotation the old one comes after the new one. */
export const responderKey = "user-responder";
export const responderCreds = "creds-responder";
/** Keys of backups, one a line: the first encrypts, and the older ones open what they encrypted. */
export const backupKeySecret = "backup-key";

export const encryptsBackups = ({ clusters }: Pick<Topology, "clusters">): boolean =>
  clusters.some(({ backup }) => backup?.encrypt);

/** Keys that the responder signs with: those of a rotation that is not finished come after the current one. */
function issuerKeys(identity: Topology["identity"]): string[] {
  const { mode, calloutAccount, accounts } = identity;
  if (mode === "callout") return withPrevious("issuer");
  const landing = accounts.map(({ name }) => name).filter((name) => isLandingAccount(identity, name));
  // The first signs answers: with an imported operator, the callout account's own key is not in the store.
  return [
    `account-${calloutAccount}`,
    ...[calloutAccount, ...landing].flatMap((name) => withPrevious(`signing-${name}`)),
  ];
}

const withPrevious = (key: string) => [key, `${key}-previous`];
const login = (name: string): DeployedSecret =>
  name === responderKey || name === responderCreds ? { name, keys: withPrevious(name) } : single(name);
const single = (key: string): DeployedSecret => ({ name: key, keys: [key] });
