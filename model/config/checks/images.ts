import type { Problem } from "../problem";
import { type Check, clustersOf, dict } from "./raw";

/** Digests name images of one tag; those of the project's code have another tag each time. */
export const programDigests: Check = (env) =>
  clustersOf(env).flatMap(([name, { platform }]): Problem[] => {
    const images = dict(dict(platform).images);
    if (images.tag !== undefined || Object.keys(dict(images.digests)).length === 0) return [];
    const message = "belongs to a tag, and there is none";
    const fix = "set images.tag to the tag that was pushed, or leave digests out";
    return [{ path: ["clusters", name, "platform", "images", "digests"], got: images.digests, message, fix }];
  });
