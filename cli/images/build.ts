import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { imageFolder, imageProgram } from "../../artifacts/code-image";
import { writeImageFolder } from "../../artifacts/image-folder";
import { imageSettings } from "../../artifacts/image-settings";
import { workFolder } from "../../artifacts/work-folder";
import type { ProgramName } from "../../model/topology";
import { UserError } from "../core/project";
import { crane, lastLine } from "./crane";
import { OciLayout } from "./oci";
import { tarFile } from "./tar";

export interface BuiltImage {
  program: ProgramName;
  tag: string;
  /** Of the image, as a registry will name it. */
  digest: string;
  /** Folder with the image in the OCI image layout. */
  layout: string;
}

const layouts = (root: string) => workFolder(root).imageLayouts;

/**
 * Builds the image of a program: its base with one layer, which holds the program alone.
 *
 * @throws UserError when the base cannot be pulled, or is for another platform
 */
export async function buildImage(root: string, program: ProgramName, base: string): Promise<BuiltImage> {
  const tag = writeImageFolder(root, program, base);
  const settings = imageSettings(program, base);
  const baseLayout = await pullBase(root, base, settings.platform);
  const layout = join(layouts(root), program);
  const half = `${layout}.${process.pid}.tmp`;
  rmSync(half, { recursive: true, force: true });
  const digest = new OciLayout(half).append(baseLayout, layerOf(root, program), settings);
  rmSync(layout, { recursive: true, force: true });
  renameSync(half, layout);
  return { program, tag, digest, layout };
}

/** A layer with the program at its path in the image. */
function layerOf(root: string, program: ProgramName): Uint8Array {
  const path = imageProgram.replace(/^\//, "");
  const content = readFileSync(join(imageFolder(root, program), "main.cjs"));
  return tarFile([{ path: dirname(path) }, { path, content }]);
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
