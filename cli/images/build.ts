import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { workFolder } from "../../artifacts/work-folder";
import { UserError } from "../core/project";
import { crane, lastLine } from "./crane";
import { OciLayout } from "./oci";
import type { ImageSource } from "./source";
import { tarFile } from "./tar";

export interface BuiltImage {
  /** The program, or the service. */
  program: string;
  tag: string;
  /** Of the image, as a registry will name it. */
  digest: string;
  /** Folder with the image in the OCI image layout. */
  layout: string;
}

const layouts = (root: string) => workFolder(root).imageLayouts;

/**
 * Builds an image: its base with one layer, which holds the program alone.
 *
 * @throws UserError when the base cannot be pulled, or is for another platform
 */
export async function buildImage(root: string, source: ImageSource): Promise<BuiltImage> {
  const { name, tag, base, settings } = source;
  const layout = join(layouts(root), name);
  const half = `${layout}.${process.pid}.tmp`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(dirname(half), { recursive: true });
  const below = base === undefined ? undefined : await pullBase(root, base, settings.platform);
  const digest = new OciLayout(half).append(below, layerOf(source), settings);
  rmSync(layout, { recursive: true, force: true });
  renameSync(half, layout);
  return { program: name, tag, digest, layout };
}

/** A layer with the program at its path in the image. A binary is executed by itself. */
function layerOf({ folder, file }: ImageSource): Uint8Array {
  const content = readFileSync(join(folder, file));
  return tarFile([{ path: "app" }, { path: `app/${file}`, content, isExecutable: !/js$/.test(file) }]);
}

/** The base of one platform in a folder. It is cached: the image of a digest never changes. */
async function pullBase(root: string, base: string, platform: string): Promise<OciLayout> {
  const folder = join(layouts(root), "base", `${base.split("@sha256:")[1]}-${platform.replace("/", "-")}`);
  if (!existsSync(folder)) {
    const half = `${folder}.${process.pid}.tmp`;
    rmSync(half, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    const { ok, stderr } = await crane(["pull", "--format", "oci", "--platform", platform, base, half]);
    if (!ok) {
      rmSync(half, { recursive: true, force: true });
      throw new UserError(
        `the base image ${base} cannot be pulled: ${lastLine(stderr)}`,
        "name an image that can be pulled",
      );
    }
    checkPlatform(new OciLayout(half), base, platform);
    renameSync(half, folder);
  }
  return new OciLayout(folder);
}

function checkPlatform(layout: OciLayout, base: string, platform: string): void {
  const { os, architecture } = layout.read().config;
  if (`${os}/${architecture}` === platform) return;
  rmSync(layout.folder, { recursive: true, force: true });
  throw new UserError(`the base image ${base} is for ${os}/${architecture}`, `name one for ${platform}`);
}
