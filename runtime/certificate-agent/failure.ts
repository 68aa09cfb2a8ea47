/** A value in the store that must not be put in place. */
export class Rejected extends Error {}

/** Describes a failure: network errors have only a code, and answers without a body only their status. */
export function describeFailure(error: NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } }): string {
  if (error instanceof Rejected) return error.message;
  const status = error.$metadata?.httpStatusCode;
  return `it failed: ${error.name}: ${error.message || error.code}${status ? ` (${status})` : ""}`;
}
