/** A value is in the store and must not come into place. */
export class Rejected extends Error {}

/** Errors of the network have no words but a code, and answers without a body no more than their status. */
export function describeFailure(error: NodeJS.ErrnoException & { $metadata?: { httpStatusCode?: number } }): string {
  if (error instanceof Rejected) return error.message;
  const status = error.$metadata?.httpStatusCode;
  return `it failed: ${error.name}: ${error.message || error.code}${status ? ` (${status})` : ""}`;
}
