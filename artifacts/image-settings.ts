import { imageProgram } from "./code-image";

/** The variable that names the base; stacks and commands read the same one, since the base is part of every tag. */
export const baseVariable = "NATSFORM_IMAGE_BASE";
/** Settings with which an image runs its program. */
export interface ImageSettings {
  /** Tasks run on Fargate's x86-64. */
  platform: string;
  /** User that owns nothing in the image, so the program cannot change its own files. */
  user: string;
  entrypoint: string[];
  workingFolder: string;
  env: Record<string, string>;
  labels: Record<string, string>;
}

/** Settings of a service's image. @param base image that it is laid on; absent: it is alone */
export const serviceImageSettings = (name: string, entrypoint: string[], base?: string): ImageSettings => ({
  platform: "linux/amd64",
  user: "1000:1000",
  entrypoint,
  workingFolder: "/app",
  env: { NODE_ENV: "production" },
  labels: {
    "org.opencontainers.image.title": name,
    ...(base !== undefined && { "org.opencontainers.image.base.name": base }),
  },
});

/** Settings of a program's image; its Dockerfile has the same ones. */
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
