import type { Topology } from "./model";

/** Names of deployed secrets. */

/** Name of a fixed user's credentials: creds in operator mode, else the seed of its nkey. */
export const loginKey = ({ identity }: Pick<Topology, "identity">, user: string): string =>
  `${identity.mode === "operator" ? "creds" : "user"}-${user}`;

export const calloutIssuerSecret = "callout-issuer";
export const calloutXkeySecret = "callout-xkey";
/** Keys of backups, one a line: the first encrypts, and the older ones open what they encrypted. */
export const backupKeySecret = "backup-key";
