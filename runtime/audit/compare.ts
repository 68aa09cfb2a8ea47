/** Digests of a replica's messages by their sequence in the stream. */
export type Digests = ReadonlyMap<number, string>;

/** A sequence at which replicas do not hold the same. */
export interface Difference {
  sequence: number;
  /** What each server holds there, as a digest; absent where it holds nothing. */
  held: Readonly<Record<string, string | undefined>>;
}

/**
 * Compares what servers hold of one stream, message by message: equal counts may hide other content.
 *
 * @param replicas digests of each server, over the same range of sequences
 * @returns differences in the order of their sequences
 */
export function differences(replicas: ReadonlyMap<string, Digests>): Difference[] {
  const sequences = new Set([...replicas.values()].flatMap((digests) => [...digests.keys()]));
  return [...sequences]
    .sort((a, b) => a - b)
    .map((sequence) => ({
      sequence,
      held: Object.fromEntries([...replicas].map(([server, digests]) => [server, digests.get(sequence)])),
    }))
    .filter(({ held }) => new Set(Object.values(held)).size > 1);
}

/**
 * Differences of a reading that were there in the one before too. Retention and deletions reach replicas one after
 * another: what differs for a moment is no damage.
 */
export function lasting(before: readonly Difference[], now: readonly Difference[]): Difference[] {
  const known = new Set(before.map(({ sequence }) => sequence));
  return now.filter(({ sequence }) => known.has(sequence));
}

/** `s0 and s2 hold one message, s1 holds nothing`: who agrees with whom, the largest group first. */
export function describeDifference({ held }: Difference): string {
  const groups = new Map<string | undefined, string[]>();
  for (const [server, digest] of Object.entries(held)) groups.set(digest, [...(groups.get(digest) ?? []), server]);
  let messages = 0;
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([digest, servers]) => {
      const what = digest === undefined ? "nothing" : messages++ === 0 ? "one message" : "another one";
      return `${servers.sort().join(" and ")} ${servers.length === 1 ? "holds" : "hold"} ${what}`;
    })
    .join(", ");
}
