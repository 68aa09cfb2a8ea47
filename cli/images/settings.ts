import { baseVariable } from "../../artifacts/image-settings";
import { UserError } from "../core/project";

const pinned = /^[a-z0-9][\w.:/-]*@sha256:[0-9a-f]{64}$/;
const example = "node:24-alpine@sha256:…, with the digest that `crane digest node:24-alpine` prints";

/**
 * The base image of the programs: Node 24 on Alpine.
 *
 * @param chosen by an option; otherwise the environment variable counts
 * @throws UserError when none is named, or one without a digest: a tag may point to another image tomorrow
 */
export function baseImage(chosen: string | undefined, env: NodeJS.ProcessEnv): string {
  const base = chosen ?? env[baseVariable];
  if (!base) throw new UserError("no base image is named", `set ${baseVariable}, or --base, to ${example}`);
  if (!pinned.test(base)) throw new UserError(`the base image must be named by its digest; got ${base}`, example);
  return base;
}
