import type { Trust } from "../config";
import { isLandingAccount } from "./identity";
import type { Topology } from "./model";

/**
 * Public halves of the keys with which the callout's responders do their work, as they are told them: those that they
 * must hold, and with a question mark those of a rotation that is not finished. Whoever has taken over this text has
 * taken part in the rotation, so it says what has to be started anew.
 */
export function calloutKeys({ identity }: Pick<Topology, "identity">, trust: Trust): string {
  const landing = Object.entries(trust.accounts).filter(([name]) => isLandingAccount(identity, name));
  const signers = landing.flatMap(([, { signingKey }]) => signingKey ?? []);
  const current = [...(identity.mode === "callout" ? [trust.issuer] : signers), trust.xkey, trust.users.responder];
  const previous = Object.values(trust.previous ?? {}).map((key) => `${key}?`);
  return [...current, ...previous].filter((key) => key !== undefined).join(",");
}
