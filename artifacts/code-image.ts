import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { workFolder } from "./work-folder";

/** Folder of the files that an image adds to its base: the program as one file, and its Dockerfile. */
export const imageFolder = (root: string, program: string): string => workFolder(root).image(program);

/** The program in the image. */
export const imageProgram = "/app/main.cjs";

/** Tag of an image by its contents: the same files have the same tag everywhere, and a tag never means something else. */
export function imageTag(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) {
    const bytes = readFileSync(join(folder, name));
    hash.update(`${name} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest("hex").slice(0, 32);
}
