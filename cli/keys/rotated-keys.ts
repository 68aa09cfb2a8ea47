import { responderKey, type Topology } from "../../model/topology";
import type { KeyKind } from "./key-kinds";

/** Name of the key that this one has replaced, until the rotation is finished. */
export const previousOf = (name: string): string => `${name}-previous`;

export interface RotatedKey {
  name: string;
  kind: KeyKind;
}

/** Keys that sign for the callout, that requests are sealed to, and that the responders log in with. */
export function rotatedKeys({ identity }: Topology): RotatedKey[] {
  const signers = identity.mode === "callout" ? ["issuer"] : identity.accounts.map(({ name }) => `signing-${name}`);
  return [
    ...signers.map((name) => ({ name, kind: "account" as const })),
    { name: "xkey", kind: "curve" },
    { name: responderKey, kind: "user" },
  ];
}

/** Every key that a cluster has of its own: these, and those of its other users. */
export function clusterKeys(topology: Topology): RotatedKey[] {
  const rotated = rotatedKeys(topology);
  const users = topology.identity.users
    .filter(({ cluster }) => cluster === undefined)
    .map(({ name }) => ({ name: `user-${name}`, kind: "user" as const }));
  return [...rotated, ...users.filter(({ name }) => name !== responderKey)];
}

/** Creds that go with the key of a user. */
export const credsOf = (userKey: string): string => userKey.replace(/^user-/, "creds-");

/** Names of everything that a rotation may replace: keys, and creds that go with one of them. */
export function rotatedNames(topology: Topology): string[] {
  const keys = clusterKeys(topology);
  const creds = keys.filter(({ kind }) => kind === "user").map(({ name }) => credsOf(name));
  return [...creds, ...keys.map(({ name }) => name)];
}
