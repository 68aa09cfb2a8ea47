import type { Family } from "./attack";
import { identities } from "./identities";
import { requests } from "./requests";
import { tokenClaims } from "./token-claims";
import { tokenHeaders } from "./token-headers";
import { tokenKeys } from "./token-keys";
import { tokenText } from "./token-text";

export * from "./attack";
export { decide, deliver, type Judged, problem } from "./judge";
export { Random } from "./random";
export { makeWorld, type World } from "./world";

const number = ({ id }: Family) => Number(id.slice(1));

/** Every family that is thrown at the callout in process, in the order of docs/attacks.md. */
export const families: readonly Family[] = [
  ...[...tokenHeaders, ...tokenClaims, ...tokenText, ...tokenKeys].sort((a, b) => number(a) - number(b)),
  ...identities,
  ...requests,
];
