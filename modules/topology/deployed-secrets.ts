import type { Topology } from "./model";

/** A secret that deployed programs read: the values of `keys` in the key store that exist, one a line. */
export interface DeployedSecret {
  name: string;
  keys: string[];
}

/**
 * What `keys push` writes to the deployment's store, in the shape that programs read it. Keys that sign for an operator
 * stay where they were made.
 */
export function deployedSecrets({ identity }: Topology): DeployedSecret[] {
  const users = [
    ...identity.users.map(({ name }) => name),
    ...Object.keys(identity.services).map((name) => `service-${name}`),
  ];
  return [
    { name: calloutIssuerSecret, keys: issuerKeys(identity) },
    { name: calloutXkeySecret, keys: withPrevious("xkey") },
    ...users.map((user) => single(`user-${user}`)),
    ...(identity.mode === "operator" ? identity.users.map(({ name }) => single(`creds-${name}`)) : []),
  ];
}

export const calloutIssuerSecret = "callout-issuer";
export const calloutXkeySecret = "callout-xkey";

/** Keys that the responder signs with: those of a rotation that is not finished come after the current one. */
function issuerKeys({ mode, calloutAccount, accounts }: Topology["identity"]): string[] {
  if (mode === "callout") return withPrevious("issuer");
  return [`account-${calloutAccount}`, ...accounts.flatMap(({ name }) => withPrevious(`signing-${name}`))];
}

const withPrevious = (key: string) => [key, `${key}-previous`];
const single = (key: string): DeployedSecret => ({ name: key, keys: [key] });
