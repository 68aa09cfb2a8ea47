import type { DenialReason, RefusalReason } from "../../../runtime/auth-callout/reasons";
import type { Random } from "./random";
import type { World } from "./world";

/** What reaches the callout. */
export type Sent =
  /** In the CONNECT of a client. `after` is a valid token of somebody else that goes first; `laterSeconds` pass between. */
  | { kind: "token"; token: string; after?: string; laterSeconds?: number }
  /** Claims that the issuer itself signs: who is hostile is its user. */
  | { kind: "claims"; claims: Record<string, unknown> }
  /** The issuer's document and a token for it. */
  | { kind: "keySet"; keySet: string; token: string }
  /** On the authorization subject. */
  | { kind: "message"; message: Uint8Array; senderXkey: string | undefined };

/** Everything that somebody admitted may do, to the letter. */
export interface Admitted {
  account: string;
  name: string;
  publish: { allow: string[]; deny: string[] };
  subscribe: { allow: string[]; deny: string[] };
  expiresAt: number;
}

/** The only outcomes that are right: one of the reasons, or exactly this much and nothing else. */
export type Expectation =
  | { verdict: "denied"; reasons: readonly DenialReason[] }
  | { verdict: "refused"; reasons: readonly RefusalReason[] }
  | { verdict: "admitted"; as: Admitted };

export interface Attack {
  /** As in docs/attacks.md. */
  family: string;
  /** What is sent, in a few words. */
  name: string;
  sent: Sent;
  expected: Expectation;
  /** Whether it may make the callout download the issuer's keys. */
  fetches?: boolean;
}

/** Makes attacks of one family: pure, so one seed and one world give one corpus. */
export interface Family {
  id: string;
  /** What its attacks have in common. */
  about: string;
  /** Whether to make an attack takes a fresh RSA signature: half a millisecond. */
  signed: boolean;
  make(world: World, random: Random): Omit<Attack, "family">;
}

export const denied = (...reasons: DenialReason[]): Expectation => ({ verdict: "denied", reasons });
export const refused = (...reasons: RefusalReason[]): Expectation => ({ verdict: "refused", reasons });

/** `count` attacks of a family. */
export const attacksOf = (family: Family, world: World, random: Random, count: number): Attack[] =>
  random.list(count, () => ({ family: family.id, ...family.make(world, random) }));
