import { readFileSync } from "node:fs";
import { resolve } from "node:path";

const page = readFileSync(resolve(__dirname, "../../docs/connect-a-program.md"), "utf8");

/** Blocks of code of the page by what stands behind their language: the name of a file, or of commands. */
const blocks = new Map(
  [...page.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(([, name = "", text = ""]) => [name, text] as const),
);

/** The block with this name, as the page has it. */
export function pageBlock(name: string): string {
  const text = blocks.get(name);
  if (text === undefined) throw new Error(`docs/connect-a-program.md has no block ${name}`);
  return text;
}

/** Names of all files that the page shows. */
export const pageFiles = [...blocks.keys()].filter((name) => name.includes("."));
