/** Waits for the work, or ends with an error when the run's time is up. */
export async function bounded<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const end = () => reject(new Error("the invocation's time is up"));
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true, signal: over.signal });
  });
  // Nobody waits for the later one of the two.
  work.catch(() => undefined);
  aborted.catch(() => undefined);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    over.abort();
  }
}
