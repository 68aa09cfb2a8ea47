/** Milliseconds that never go back, and waiting; a test brings its own. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Returns what to await before each request: it lets them through at least `gapMs` apart. */
export function pace(gapMs: number, clock: Clock): () => Promise<void> {
  let free = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = clock.now();
    const wait = Math.max(0, free - now);
    free = now + wait + gapMs;
    if (wait > 0) await clock.sleep(wait);
  };
}
