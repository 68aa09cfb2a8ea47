/**
 * Options of nats-server as its parser reads them: the words of each `case` of server/opts.go, behind the function that
 * reads them. Words of values are among them, which is harmless: the list is for comparing releases.
 */
export function optionsOf(source: string): string[] {
  const found = new Set<string>();
  let block: string | undefined;
  for (const line of source.split("\n")) {
    const name = /^func (?:\(\w+ \*?\w+\) )?(\w+)\(/.exec(line)?.[1];
    if (name) block = /^(parse|processConfigFileLine)/.test(name) ? blockOf(name) : undefined;
    const words = block === undefined ? undefined : /^\s*case ("[a-z0-9_]+"(?:, "[a-z0-9_]+")*):/.exec(line)?.[1];
    for (const word of words?.match(/[a-z0-9_]+/g) ?? []) found.add(block ? `${block}.${word}` : word);
  }
  return [...found].sort();
}

/** `parseLeafNodes` reads the block `leafnodes`, `processConfigFileLine` what is in none. */
const blockOf = (name: string) => (name === "processConfigFileLine" ? "" : name.replace(/^parse/, "").toLowerCase());

/** tools/server-options.txt. */
export const printOptions = (version: string, options: readonly string[]): string =>
  [
    `# Options of nats-server ${version}, by the function of its server/opts.go that reads them.`,
    "# Written by make server-version: the difference between two releases is the difference of this file.",
    ...options,
    "",
  ].join("\n");

export const readOptions = (text: string): string[] =>
  text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
