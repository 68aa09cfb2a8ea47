import { readFileSync } from "node:fs";
import { builtFile } from "../bin/built";
import { writeFileAtomically } from "./files";

/**
 * Copies a built file to where a program is run from: what runs stays as it was started. A copy that is the same is left
 * alone; it is replaced as a whole, so that a program that starts meanwhile never reads half of one.
 */
export function copyBuilt(name: string, outfile: string): void {
  writeFileAtomically(outfile, readFileSync(builtFile(name)));
}
