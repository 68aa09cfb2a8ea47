import type { Progress } from "../../core/steps";

/** Leaf node links of one cluster, as its servers report them. */
export interface Links {
  name: string;
  /** Those that are not up. */
  down: readonly string[];
  /** True when its servers may still use older authorities. */
  staleAuthorities: boolean;
}

export interface LinkReload {
  readLinks(name: string): Promise<Links>;
  reload(name: string): Promise<unknown>;
  pause(): Promise<void>;
  /** True once every pod sees the deployed Secrets. */
  isSeen(): boolean;
  progress: Progress;
}

/** Clusters whose servers have to reload their authorities; none while every link is up. */
export const clustersToReload = (seen: readonly Links[]): string[] =>
  // A link is reported at one of its ends, and either end may have the older authorities.
  seen.some(({ down }) => down.length > 0)
    ? seen.filter(({ staleAuthorities }) => staleAuthorities).map(({ name }) => name)
    : [];

/**
 * Reloads servers at once, for pods that see the authorities already, and once more when all pods see them; not more
 * often, since a reload closes every client that the callout admitted. A cluster that cannot be reached delays no other
 * one, and is reported by the final check.
 */
export async function reloadUntilLinked(clusters: readonly string[], steps: LinkReload): Promise<void> {
  const { readLinks, reload, pause, isSeen, progress } = steps;
  const each = async (names: readonly string[], what: (name: string) => Promise<unknown>): Promise<void> => {
    for (const name of names)
      await what(name).catch((error: Error) => progress(`${name}: ${error.message.split("\n")[0]}`));
  };
  /** Links as last reported. */
  const seen = new Map<string, Links>();
  const readAll = (names: readonly string[]) => each(names, async (name) => seen.set(name, await readLinks(name)));
  const waiting = () => clustersToReload([...seen.values()]);
  const reloadWaiting = async (): Promise<void> => {
    const down = [...seen.values()].flatMap((one) => one.down).join(", ");
    progress(`${down}: not up; reloading the servers of ${waiting().join(", ")}`);
    await each(waiting(), reload);
  };
  await readAll(clusters);
  const missed = clusters.filter((name) => !seen.has(name));
  if (missed.length > 0) await pause().then(() => readAll(missed));
  if (waiting().length === 0) return;
  await reloadWaiting();
  while (!isSeen()) {
    await pause();
    await readAll([...seen.keys()]);
    if (waiting().length === 0) return;
  }
  await reloadWaiting();
}
