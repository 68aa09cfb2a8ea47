import type { ResourceChange, StackReview } from "./model";
import { unknownDigest } from "./plan/digests";

/** What was checked out when a review was made. */
export interface Head {
  commit: string;
  /** Files of no revision were there too: nobody can tell later what they said. */
  changed: boolean;
}

const keyOf = ({ address, deposed }: Pick<ResourceChange, "address" | "deposed">): string =>
  deposed === undefined ? address : `${address} (deposed ${deposed})`;

/**
 * What a plan of a stack does that an approved one did not, as sentences; empty where it is what was approved, or where
 * nothing is left to be done.
 *
 * @param approved the stack in the review that somebody approved; absent: it is not in it
 */
export function beyondApproval(approved: StackReview | undefined, planned: StackReview): string[] {
  const { stack, changes, deferred } = planned;
  if (changes.length === 0 && deferred === 0) return [];
  if (!approved) return [`${stack} is not in what was approved`];
  if (approved.after !== undefined)
    return [`${stack} was to be planned after ${approved.after}, and nobody saw its plan`];
  if (approved.missing !== undefined) return [`nobody saw a plan of ${stack}: ${approved.missing}`];
  const known = new Map(approved.changes.map((change) => [keyOf(change), change]));
  const now = new Set(changes.map(keyOf));
  const sentences = changes.flatMap((change) => {
    const key = keyOf(change);
    const before = known.get(key);
    if (!before) return [`${key} is to be ${change.action}, which was not approved`];
    if (before.action !== change.action) return [`${key} is to be ${change.action}, and ${before.action} was approved`];
    const paths = differing(before, change);
    return paths.length === 0 ? [] : [`${key}: what becomes of ${paths.join(", ")} is not what was approved`];
  });
  const gone = approved.changes
    .filter((change) => !now.has(keyOf(change)))
    .map((change) => `${keyOf(change)} was to be ${change.action}, and is not any more`);
  const later = deferred > approved.deferred ? [`Terraform puts off ${deferred} resources`] : [];
  return [...sentences, ...gone, ...later].map((sentence) => `${stack}: ${sentence}`);
}

/** Attributes of which two plans of one resource say something else. */
function differing(before: ResourceChange, now: ResourceChange): string[] {
  const values = ({ differences, movedFrom }: ResourceChange) =>
    new Map([
      ...differences.map(({ path, from, to, forces }) => [path, JSON.stringify([from, to, forces])] as const),
      ...(movedFrom === undefined ? [] : [["its address", movedFrom] as const]),
    ]);
  const [then, to] = [values(before), values(now)];
  const shown = [...new Set([...then.keys(), ...to.keys()])].filter((path) => then.get(path) !== to.get(path));
  return [...new Set([...shown, ...unlike(before.digests ?? {}, now.digests ?? {})])].sort();
}

/** Paths of values that are others, shown or not. One that nobody could know when it was approved may be whatever it is. */
function unlike(then: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string[] {
  const open = Object.keys(then).filter((path) => then[path] === unknownDigest);
  const isOpen = (path: string) => open.some((one) => path === one || path.startsWith(`${one}.`));
  return [...new Set([...Object.keys(then), ...Object.keys(now)])].filter(
    (path) => then[path] !== now[path] && !isOpen(path),
  );
}
