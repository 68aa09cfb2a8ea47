import { isLandingAccount } from "./identity";
import type { ClusterTopology, Topology } from "./model";
import { platformModel } from "./platform-models";
import { programModel, programNames } from "./programs";
import { calloutIssuerSecret, calloutXkeySecret, loginKey } from "./secret-names";

/** A secret that deployed programs read: the values of `keys` in the key store that exist, one a line. */
export interface DeployedSecret {
  name: string;
  keys: string[];
}

/**
 * Secrets that `keys push` writes to the deployment of some clusters, in the shape that programs read: those that their
 * programs and servers read, and no others. Keys that sign for an operator stay where they were made.
 */
export function deployedSecrets(topology: Topology, clusters: readonly ClusterTopology[]): DeployedSecret[] {
  const names = clusters.flatMap((cluster) => secretsReadIn(topology, cluster));
  return [...new Set(names)].map((name) => ({ name, keys: keysOf(topology, name) }));
}

/**
 * Logins of services and of the system user, for a store in which each secret has readers of its own: natsform's programs
 * read none of them, and people and services do by the rights that they are given.
 */
export const personalSecrets = (topology: Topology): DeployedSecret[] =>
  [loginKey(topology, "sys"), ...Object.keys(topology.identity.services).map((name) => `user-service-${name}`)].map(
    (name) => ({ name, keys: [name] }),
  );

/** Names of the secrets that somebody in a cluster reads: its programs, its servers' links to a hub, its nats-box. */
function secretsReadIn(topology: Topology, cluster: ClusterTopology): string[] {
  const { platform, leafLinks } = cluster;
  const people = platformModel(platform).commandLineUsers(platform);
  const scope = { topology, cluster };
  const ofPrograms = programNames
    .map(programModel)
    .filter((program) => program.isNeeded(scope))
    .flatMap((program) => program.accounts(scope).flatMap((account) => program.secrets(scope, account)));
  return [...ofPrograms, ...[...leafLinks.map(({ user }) => user), ...people].map((user) => loginKey(topology, user))];
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
  // The first signs answers: with an imported operator, the callout account's own key is not in the store.
  return [
    `account-${calloutAccount}`,
    ...[calloutAccount, ...landing].flatMap((name) => withPrevious(`signing-${name}`)),
  ];
}

const withPrevious = (key: string) => [key, `${key}-previous`];
