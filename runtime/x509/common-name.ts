/**
 * The common name among these DNS names: the first that fits, since one holds 64 characters at most. Never a part of a
 * name: a public authority takes the common name of a request for one more name that is asked for.
 */
export const commonName = (names: readonly string[]): string | undefined => names.find((name) => name.length <= 64);
