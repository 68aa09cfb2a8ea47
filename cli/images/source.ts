import { imageFolder } from "../../artifacts/code-image";
import { writeImageFolder } from "../../artifacts/image-folder";
import { type ImageSettings, imageSettings } from "../../artifacts/image-settings";
import type { ClusterTopology, ProgramName, Topology } from "../../model/topology";
import { errorMessage } from "../../runtime/common/error-message";
import { UserError } from "../core/project";

/** What an image is built from. */
export interface ImageSource {
  /** Of the program or the service; folder of the built image. */
  name: string;
  /** Folder of the files of which the tag is made. */
  folder: string;
  /** The file of these that the image has, in `/app`. */
  file: string;
  tag: string;
  settings: ImageSettings;
  /** Image that it is laid on; absent: it is alone, or not built at all. */
  base?: string;
  /** Name of the service that it is of. */
  service?: string;
}

/** One of natsform's programs. @param base undefined where no image is built */
export function programSource(root: string, program: ProgramName, base?: string): ImageSource {
  const tag = writeImageFolder(root, program, base);
  const settings = imageSettings(program, base ?? "none");
  return { name: program, folder: imageFolder(root, program), file: "main.cjs", tag, settings, base };
}

/**
 * The services of clusters whose images natsform builds.
 *
 * @throws UserError that names all that is missing or does not compile
 */
export function serviceSources(
  root: string,
  topology: Topology,
  clusters: readonly ClusterTopology[],
  base?: string,
): ImageSource[] {
  if (!clusters.some(({ fleet }) => fleet.length > 0)) return [];
  // Loaded where there are services alone: it takes a compiler.
  const { writeServiceImages } =
    require("../../artifacts/service-image") as typeof import("../../artifacts/service-image");
  try {
    return writeServiceImages(root, { ...topology, clusters: [...clusters] }, base).map((image) => ({
      ...image,
      service: image.name,
      name: `services/${topology.environment}/${image.name}`,
    }));
  } catch (error) {
    throw new UserError(errorMessage(error), "mend them, or what identity.services says of them");
  }
}
