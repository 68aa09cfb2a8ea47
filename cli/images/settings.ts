import { imageProgram } from "../../modules/terraform/code-image";
import { UserError } from "../project";

/** The variable that names the base; stacks and commands read the same one, since the base is part of every tag. */
export const baseVariable = "NATSFORM_IMAGE_BASE";

const pinned = /^[a-z0-9][\w.:/-]*@sha256:[0-9a-f]{64}$/;
const example = "node:22-alpine@sha256:…, with the digest that `crane digest node:22-alpine` prints";

/**
 * The image that programs are laid on: Node 22 on Alpine.
 *
 * @param chosen by an option; otherwise the environment variable counts
 * @throws UserError when none is named, or one without a digest: what a tag leads to today it need not tomorrow
 */
export function baseImage(chosen: string | undefined, env: NodeJS.ProcessEnv): string {
  const base = chosen ?? env[baseVariable];
  if (!base) throw new UserError("no base image is named", `set ${baseVariable}, or --base, to ${example}`);
  if (!pinned.test(base)) throw new UserError(`the base image must be named by its digest; got ${base}`, example);
  return base;
}

/** What an image says of how its program runs. */
export interface ImageSettings {
  /** Tasks run on Fargate's x86-64. */
  platform: string;
  /** Nobody's: it owns nothing in the image, so the program can change nothing of itself. */
  user: string;
  entrypoint: string[];
  workingFolder: string;
  env: Record<string, string>;
  labels: Record<string, string>;
}

/** Settings of a program's image; its Dockerfile says the same. */
export const imageSettings = (program: string, base: string): ImageSettings => ({
  platform: "linux/amd64",
  user: "1000:1000",
  entrypoint: ["node", imageProgram],
  workingFolder: "/app",
  env: { NODE_ENV: "production" },
  labels: {
    "org.opencontainers.image.title": `natsform ${program}`,
    "org.opencontainers.image.base.name": base,
  },
});
