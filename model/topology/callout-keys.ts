import type { Trust } from "../config";
import { trustOf } from "./cluster-keys";
import { isLandingAccount } from "./identity";
import type { Topology } from "./model";

/**
 * Public halves of the keys with which a cluster's responders of the callout work, as text for their environment: those that they
 * must hold, and with a question mark those of a rotation that is not finished. A program that was given this text has
 * taken part in the rotation, so the text decides what has to be restarted.
 */
export function calloutKeys({ identity }: Pick<Topology, "identity">, everywhere: Trust, cluster: string): string {
  const trust = trustOf(everywhere, cluster);
  const landing = Object.entries(trust.accounts).filter(([name]) => isLandingAccount(identity, name));
  const signers = landing.flatMap(([, { signingKey }]) => signingKey ?? []);
  const current = [...(identity.mode === "callout" ? [trust.issuer] : signers), trust.xkey, trust.users.responder];
  const previous = Object.values(trust.previous ?? {}).map((key) => `${key}?`);
  return [...current, ...previous].filter((key) => key !== undefined).join(",");
}
