/** What servers do with a change of each key: `reloaded`, or why not. By release. */
export type Measured = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What is known of each key: `reload` where every release takes it over and it is not withheld, or why it is a restart. */
export function matrixOf(measured: Measured, withheld: Readonly<Record<string, string>>): Record<string, string> {
  const found = Object.values(measured).flatMap((release) => Object.keys(release));
  const keys = [...new Set([...found, ...Object.keys(withheld)])].sort();
  return Object.fromEntries(keys.map((key) => [key, withheld[key] ?? verdictOf(measured, key)]));
}

function verdictOf(measured: Measured, key: string): string {
  const verdicts = Object.entries(measured).map(([release, found]) => ({ release, said: found[key] }));
  const refused = verdicts.filter(({ said }) => said !== "reloaded");
  const [first] = refused;
  if (!first) return "reload";
  // Behind that stand the values, with addresses in memory.
  const why = (first.said ?? "it was not measured").replace(/: old=.*$/, "").trim();
  return refused.length === verdicts.length ? why : `${first.release}: ${why}`;
}

/** Keys that every release takes over, but those that are withheld. */
export const reloadableOf = (matrix: Readonly<Record<string, string>>): string[] =>
  Object.keys(matrix).filter((key) => matrix[key] === "reload");

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

/** model/change/reload-matrix.ts. */
export const printMatrix = (matrix: Readonly<Record<string, string>>): string => `/**
 * What a running server does with a changed key of its configuration, and with everything below it: \`reload\`, or why it is a
 * restart. On every release that is tested. Measured and written by \`make server-version\`. A key that does not stand here
 * was never measured.
 */
export const reloadMatrix: Readonly<Record<string, string>> = {
${Object.entries(matrix)
  .map(([key, verdict]) => entry(key, verdict))
  .join("")}};

/** Keys that a running server applies on reload. */
export const reloadableKeys: readonly string[] = Object.keys(reloadMatrix).filter(
  (key) => reloadMatrix[key] === "reload",
);
`;

/** As biome writes it: a name without quotes where it needs none, a line of 120 characters at most. */
function entry(key: string, verdict: string): string {
  const name = /^[A-Za-z_]+$/.test(key) ? key : JSON.stringify(key);
  const text = verdict.includes('"') && !verdict.includes("'") ? `'${verdict}'` : JSON.stringify(verdict);
  const line = `  ${name}: ${text},\n`;
  return line.length <= 121 ? line : `  ${name}:\n    ${text},\n`;
}

/** Entries of one list that the other does not have, with a sign; nothing where both are the same. */
export const difference = (before: readonly string[], after: readonly string[]): string[] => [
  ...after.filter((entry) => !before.includes(entry)).map((entry) => `+ ${entry}`),
  ...before.filter((entry) => !after.includes(entry)).map((entry) => `- ${entry}`),
];
