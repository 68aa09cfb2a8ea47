/** Token buckets by key, bounded: a key that has not been used for as long as its bucket takes to fill needs no entry. */
export class Rates {
  readonly #buckets = new Map<string, { left: number; at: number }>();

  /**
   * @param perSecond how fast a bucket fills
   * @param burst how much it holds
   * @param size buckets that are kept; the one that was used least recently goes first
   */
  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    private readonly size: number,
    private readonly now: () => number,
  ) {}

  /** True when the key may do one thing more. */
  take(key: string): boolean {
    const now = this.now();
    const before = this.#buckets.get(key) ?? { left: this.burst, at: now };
    const left = Math.min(this.burst, before.left + ((now - before.at) / 1000) * this.perSecond);
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: left >= 1 ? left - 1 : left, at: now });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.size && oldest !== undefined) this.#buckets.delete(oldest);
    return left >= 1;
  }

  get count(): number {
    return this.#buckets.size;
  }
}

/**
 * Address of a caller: behind balancers, what the first of them saw. Everything before that in the header is the
 * caller's own word.
 */
export function addressOf(remote: string | undefined, forwarded: string | undefined, proxies: number): string {
  const hops = (forwarded ?? "").split(",").map((hop) => hop.trim());
  const seen = proxies > 0 ? hops.at(-proxies) : undefined;
  return seen || (remote ?? "");
}
