import type { Condition } from "./rules";

/** Claims of a verified token. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * The claim of that name, or else at that dotted path.
 *
 * The literal name goes first because namespaced claims are URLs: `https://example.com/roles` is one name, not a path.
 */
export function findClaim(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path
    .split(".")
    .reduce<unknown>((value, key) => (isRecord(value) && Object.hasOwn(value, key) ? value[key] : undefined), claims);
}

/**
 * Returns whether a condition holds. No value is ever converted: the number 1 is not the text "1". A number that JSON
 * cannot carry exactly equals nothing: 9007199254740993 arrives as 9007199254740992, which may be another user.
 */
export function holds({ claim, equals, includes }: Condition, claims: Claims): boolean {
  const value = findClaim(claims, claim);
  if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  return (equals === undefined || value === equals) && (includes === undefined || words(value).includes(includes));
}

/** Elements of a list, or words of a text: `scope` is text with spaces by RFC 8693. */
const words = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : typeof value === "string" ? value.split(" ") : [];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
