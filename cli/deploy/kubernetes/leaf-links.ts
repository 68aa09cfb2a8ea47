import type { Progress } from "../../core/output";

/** Links of leaf nodes of one cluster, as its servers tell of them. */
export interface Links {
  name: string;
  /** Those that are not up. */
  down: readonly string[];
  /** Whether its servers may not have read the authorities of now. */
  staleAuthorities: boolean;
}

export interface LinkReload {
  look(name: string): Promise<Links>;
  reload(name: string): Promise<unknown>;
  pause(): Promise<void>;
  /** Whether every pod surely sees by now what was deployed. */
  isSeen(): boolean;
  progress: Progress;
}

/** Clusters whose servers read their authorities again; none while every link is up. */
export const behind = (seen: readonly Links[]): string[] =>
  // The row of a link stands at one of its ends, and either may be the one that waits.
  seen.some(({ down }) => down.length > 0)
    ? seen.filter(({ staleAuthorities }) => staleAuthorities).map(({ name }) => name)
    : [];

/**
 * Servers are asked at once, for pods that have seen the authorities already, and once more when all pods surely have: a
 * reload closes every client that the callout let in. What cannot be reached holds up nobody else, and is left to the
 * rows of the end.
 */
export async function reloadUntilLinked(clusters: readonly string[], steps: LinkReload): Promise<void> {
  const { look, reload, pause, isSeen, progress } = steps;
  const each = async (names: readonly string[], what: (name: string) => Promise<unknown>): Promise<void> => {
    for (const name of names)
      await what(name).catch((error: Error) => progress(`${name}: ${error.message.split("\n")[0]}`));
  };
  /** As they were when they could be reached last. */
  const seen = new Map<string, Links>();
  const lookAt = (names: readonly string[]) => each(names, async (name) => seen.set(name, await look(name)));
  const waiting = () => behind([...seen.values()]);
  const ask = async (): Promise<void> => {
    const down = [...seen.values()].flatMap((one) => one.down).join(", ");
    progress(`${down}: not up; servers of ${waiting().join(", ")} read their authorities again`);
    await each(waiting(), reload);
  };
  await lookAt(clusters);
  const missed = clusters.filter((name) => !seen.has(name));
  if (missed.length > 0) await pause().then(() => lookAt(missed));
  if (waiting().length === 0) return;
  await ask();
  while (!isSeen()) {
    await pause();
    await lookAt([...seen.keys()]);
    if (waiting().length === 0) return;
  }
  await ask();
}
