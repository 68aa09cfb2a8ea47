import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** A page of docs/ by its blocks of code that have a name behind their language: that of a file, or of commands. */
export class Page {
  readonly #blocks: ReadonlyMap<string, string>;

  constructor(private readonly name: string) {
    const page = readFileSync(resolve(__dirname, "../../docs", name), "utf8");
    this.#blocks = new Map(
      [...page.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(([, name = "", text = ""]) => [name, text] as const),
    );
  }

  /** The block with this name, as the page has it. */
  block(name: string): string {
    const text = this.#blocks.get(name);
    if (text === undefined) throw new Error(`docs/${this.name} has no block ${name}`);
    return text;
  }

  /** Names of all files that the page shows. */
  get files(): string[] {
    return [...this.#blocks.keys()].filter((name) => name.includes("."));
  }
}
