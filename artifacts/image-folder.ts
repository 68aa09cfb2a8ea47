import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { builtFile, packageRoot } from "../bin/built";
import type { ProgramName } from "../model/topology";
import { programFile } from "./build/names";
import { imageFolder, imageTag } from "./code-image";
import { writeFileAtomically } from "./files";
import { baseVariable, imageSettings } from "./image-settings";

/**
 * Writes what an image consists of beside its base: the program as one file, its Dockerfile, and its settings with the
 * base's digest. Tags are made of these files alone, so every machine comes to the same ones, without a registry.
 *
 * @param base undefined where no image is built, as on the emulated AWS
 * @returns the tag
 */
export function writeImageFolder(
  root: string,
  program: ProgramName,
  base = process.env[baseVariable] || undefined,
): string {
  const folder = imageFolder(root, program);
  const files: Record<string, string> = {
    "main.cjs": readFileSync(builtFile(programFile(program)), "utf8"),
    Dockerfile: readFileSync(join(packageRoot, "runtime", program, "Dockerfile"), "utf8"),
    "image.json": `${JSON.stringify({ base: base ?? null, ...imageSettings(program, base ?? "none") }, null, 2)}\n`,
  };
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!(name in files)) rmSync(join(folder, name), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileAtomically(join(folder, name), text);
  return imageTag(folder);
}
