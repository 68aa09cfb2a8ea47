/** What servers do with a change of each key: `reloaded`, or why not. By release. */
export type Measured = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Keys that every release takes over, but those that are withheld. */
export function reloadableOf(measured: Measured, withheld: Readonly<Record<string, string>>): string[] {
  const [first = {}, ...others] = Object.values(measured);
  return Object.keys(first)
    .filter((key) => !(key in withheld) && [first, ...others].every((release) => release[key] === "reloaded"))
    .sort();
}

/** Keys about which releases differ, in words. */
export function disagreements(measured: Measured): string[] {
  const releases = Object.entries(measured);
  const keys = [...new Set(releases.flatMap(([, found]) => Object.keys(found)))].sort();
  return keys.flatMap((key) => {
    const takes = releases.map(([release, found]) => ({ release, yes: found[key] === "reloaded" }));
    if (takes.every(({ yes }) => yes === takes[0]?.yes)) return [];
    return [
      `${key}: ${takes.map(({ release, yes }) => `${release} ${yes ? "takes it over" : "refuses it"}`).join(", ")}`,
    ];
  });
}

/** templates/nats-conf/reloadable-keys.ts. */
export const printReloadable = (keys: readonly string[]): string => `/**
 * Keys that a running server applies on reload, with everything below them, on every release that is tested. Measured
 * and written by \`make server-version\`.
 */
export const reloadableKeys: readonly string[] = [
${keys.map((key) => `  ${JSON.stringify(key)},\n`).join("")}];
`;

/** Entries of one list that the other does not have, with a sign; nothing where both are the same. */
export const difference = (before: readonly string[], after: readonly string[]): string[] => [
  ...after.filter((entry) => !before.includes(entry)).map((entry) => `+ ${entry}`),
  ...before.filter((entry) => !after.includes(entry)).map((entry) => `- ${entry}`),
];
