import { responderCreds, responderKey, type Topology } from "../../model/topology";
import type { KeyKind } from "./key-kinds";

/** Name of the key that this one has replaced, until the rotation is finished. */
export const previousOf = (name: string): string => `${name}-previous`;

/** Keys that sign for the callout, that requests are sealed to, and that the responders log in with. */
export function rotatedKeys({ identity }: Topology): { name: string; kind: KeyKind }[] {
  const signers = identity.mode === "callout" ? ["issuer"] : identity.accounts.map(({ name }) => `signing-${name}`);
  return [
    ...signers.map((name) => ({ name, kind: "account" as const })),
    { name: "xkey", kind: "curve" },
    { name: responderKey, kind: "user" },
  ];
}

/** Names of everything that a rotation replaces: its keys, and creds that go with one of them. */
export const rotatedNames = (topology: Topology): string[] => [
  responderCreds,
  ...rotatedKeys(topology).map(({ name }) => name),
];
