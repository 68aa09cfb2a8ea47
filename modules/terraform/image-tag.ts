import { imageFolder, imageTag } from "../../artifacts/code-image";
import type { SynthSettings } from "./settings";

/** By synthesis: while one runs, the files of images stay as `writeCode` has written them. */
const known = new WeakMap<SynthSettings, Map<string, string>>();

/** Tag of a program's image, read from its files once for all clusters that run it. */
export function programTag(settings: SynthSettings, program: string): string {
  const tags = known.get(settings) ?? new Map<string, string>();
  known.set(settings, tags);
  const tag = tags.get(program) ?? imageTag(imageFolder(settings.root, program));
  tags.set(program, tag);
  return tag;
}
