/** Waits until `condition` is true; an error counts as not yet, and is the reason given when time is up. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  seconds = 120,
): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown = "it stayed false";
  while (Date.now() < deadline) {
    try {
      if (await condition()) return;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not within ${seconds} seconds: ${what} (${last instanceof Error ? last.message : last})`);
}
