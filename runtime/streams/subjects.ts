import { tokensOverlap } from "../subjects/spec";

/** Form of a stream's or a filter's subject: `*` and `>` only as whole tokens, `>` only at the end. */
export const SUBJECT = /^(?:\*|[^\s.*>]+)(?:\.(?:\*|[^\s.*>]+))*(?:\.>)?$/u;

/**
 * Returns whether one message could match both subjects.
 *
 * `global.*` and `global.user.registered` do not collide: `*` is exactly one token. `global.>` does, `>` is one or
 * more.
 */
export const subjectsCollide = (a: string, b: string): boolean => tokensOverlap(a.split("."), b.split("."));

/** The first pair of subjects, one from each list, that collide. */
export function collision(a: readonly string[], b: readonly string[]): readonly [string, string] | undefined {
  for (const left of a) for (const right of b) if (subjectsCollide(left, right)) return [left, right];
  return undefined;
}
