/** Thrown by what is looked at when it can no longer come: the wait ends at once. */
export class Hopeless extends Error {}

/**
 * Waits until what is looked for is there, and returns it: anything that is true in a condition. An error counts as not
 * yet, and is the reason given when time is up.
 */
export async function eventually<T>(what: string, look: () => T | Promise<T>, seconds = 120): Promise<NonNullable<T>> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown = "it stayed false";
  do {
    try {
      const found = await look();
      if (found) return found as NonNullable<T>;
    } catch (error) {
      if (error instanceof Hopeless) throw new Error(`${what}: ${error.message}`);
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  } while (Date.now() < deadline);
  throw new Error(`not within ${seconds} seconds: ${what} (${last instanceof Error ? last.message : last})`);
}
