import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type FleetService, isBuilt, type Topology } from "../model/topology";
import { errorMessage } from "../runtime/common/error-message";
import { imageFolder, imageTag } from "./code-image";
import { writeFileAtomically } from "./files";
import { baseVariable, type ImageSettings, serviceImageSettings } from "./image-settings";
import { bundleService, isFile } from "./service-code";

/** The image of a service that natsform builds, as its files lie in the project. */
export interface ServiceImage {
  name: string;
  folder: string;
  /** The program in the folder and, below `/app`, in the image. */
  file: "main.mjs" | "main";
  settings: ImageSettings;
  /** Image that it is laid on; absent: it is alone. */
  base?: string;
  tag: string;
}

/** Folder of the files that a service's image adds to its base. Environments may have services of one name. */
export const serviceFolder = (root: string, environment: string, service: string): string =>
  imageFolder(root, join("services", environment, service));

/**
 * Writes what the images of all services of an environment consist of, beside their base. Tags are made of these files
 * alone.
 *
 * @param base image of the programs in Node; undefined where no image is built, as on the emulated AWS
 * @throws Error that names everything that is missing or does not compile
 */
export function writeServiceImages(
  root: string,
  { environment, clusters }: Topology,
  base = process.env[baseVariable] || undefined,
): ServiceImage[] {
  const problems: string[] = [];
  const images = clusters
    .flatMap(({ fleet }) => fleet.filter(isBuilt))
    .flatMap((service) => {
      try {
        return [writeServiceImage(root, environment, service, base)];
      } catch (error) {
        problems.push(`${service.name}: ${errorMessage(error)}`);
        return [];
      }
    });
  if (problems.length > 0)
    throw new Error(
      `${problems.length} of the services of ${environment} cannot be built:\n  ${problems.join("\n  ")}`,
    );
  return images;
}

function writeServiceImage(
  root: string,
  environment: string,
  { name, code }: FleetService,
  node?: string,
): ServiceImage {
  if (code.kind === "image") throw new Error("is an image already");
  const isNode = code.kind === "node";
  const [file, path, base] = isNode ? (["main.mjs", code.entry, node] as const) : (["main", code.amd64] as const);
  if (!isFile(root, path)) throw new Error(`there is no file ${path}`);
  const settings = serviceImageSettings(name, isNode ? ["node", `/app/${file}`] : [`/app/${file}`], base);
  const files = {
    [file]: isNode ? bundleService(root, path) : readFileSync(join(root, path)),
    "image.json": `${JSON.stringify({ base: base ?? null, ...settings }, null, 2)}\n`,
  };
  const folder = serviceFolder(root, environment, name);
  mkdirSync(folder, { recursive: true });
  for (const other of readdirSync(folder)) if (!(other in files)) rmSync(join(folder, other), { recursive: true });
  for (const [own, content] of Object.entries(files)) writeFileAtomically(join(folder, own), content);
  if (!isNode) chmodSync(join(folder, file), 0o755);
  return { name, folder, file, settings, base, tag: serviceTag(folder, name) };
}

/** Tag of a service's image: all services of an environment share a repository. */
export const serviceTag = (folder: string, name: string): string => `${name}-${imageTag(folder)}`;
