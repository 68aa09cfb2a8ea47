import type { AccountJwt, OperatorJwt, UserJwt } from "../read-jwts";

/** Public halves of natsform's own keys: the operator has to list them. */
export interface OwnKeys {
  xkey: string;
  /** By account: key that natsform signs its users with. */
  signing: Readonly<Record<string, string>>;
  /** By user of the topology. */
  users: Readonly<Record<string, string>>;
}

export interface Import {
  operator: OperatorJwt;
  systemAccount: AccountJwt;
  /** Every account, by name of the topology; `undefined` where there is none. */
  accounts: Readonly<Record<string, AccountJwt | undefined>>;
  /** By user of the topology, those that were given. */
  creds: Readonly<Record<string, UserJwt & { seedKey: string }>>;
}

/** Place where the operator's owners change what natsform cannot; part of messages. */
export const controlPlane = "in the Control Plane";

/** True when natsform's signing key may sign users of the account with permissions of their own. */
export const knowsSigningKey = (account: AccountJwt | undefined, key: string | undefined): boolean =>
  key !== undefined && (account?.nats.signing_keys.includes(key) ?? false);

export const hasEnded = ({ exp }: { exp?: number }, now: Date) => exp !== undefined && exp * 1000 <= now.getTime();
