import { UserError } from "../core/project";
import { buildImage } from "./build";
import { crane, lastLine } from "./crane";
import type { ImageSource } from "./source";

export interface PushProps {
  root: string;
  source: ImageSource;
  /** `<registry>/<repository>`. */
  repository: string;
  dockerConfig?: string;
}

export interface PushedImage {
  /** The program, or the service. */
  program: string;
  repository: string;
  tag: string;
  digest: string;
  /** Reference for a task definition: `<registry>/<repository>@<digest>`. */
  reference: string;
  /** False when the registry had it. */
  pushed: boolean;
}

/**
 * Pushes an image unless its tag exists: a tag is a digest of the contents, so it is never pushed twice.
 *
 * @throws UserError when the registry refuses it
 */
export async function pushImage({ root, source, repository, dockerConfig }: PushProps): Promise<PushedImage> {
  const { tag } = source;
  const found = await crane(["digest", `${repository}:${tag}`], { dockerConfig });
  if (found.ok) return describe(found.stdout.trim(), false);
  const { digest, layout } = await buildImage(root, source);
  const { ok, stderr } = await crane(["push", layout, `${repository}:${tag}`], { dockerConfig });
  if (!ok) throw new UserError(`${repository}:${tag} cannot be pushed: ${lastLine(stderr)}`);
  return describe(digest, true);

  function describe(digest: string, pushed: boolean): PushedImage {
    return { program: source.name, repository, tag, digest, reference: `${repository}@${digest}`, pushed };
  }
}
