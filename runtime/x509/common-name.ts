/**
 * The common name among these DNS names: the first that fits, since one holds 64 characters at most. Never a part of a
 * name: a public authority takes the common name for one more name of the request.
 */
export const commonName = (names: readonly string[]): string | undefined => names.find((name) => name.length <= 64);
