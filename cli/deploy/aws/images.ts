import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BatchGetImageCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { awsNames, clustersInRegion, isOnEcs } from "../../../model/topology";
import { imagesIn } from "../../images/destinations";
import { pushImage } from "../../images/push";
import { accountRegistry, withLogin } from "../../images/registry";
import { baseImage } from "../../images/settings";
import { type ImageSource, programSource, serviceSources } from "../../images/source";
import { clientConfig, type DeployTarget } from "../target";

/**
 * Puts the image of every program into the region's repositories. A tag is a digest of the contents, so an existing tag
 * is never put again.
 *
 * @returns how many were put
 */
export async function putImages(target: DeployTarget, region: string): Promise<number> {
  const sources = sourcesIn(target, region);
  if (!target.emulator) return pushToAccount(region, target.root, sources);
  let put = 0;
  for (const source of sources) if (await putManifest(target, region, source)) put++;
  return put;
}

/** Images that clusters of the region run, each with the name of its repository. */
function sourcesIn({ root, environment, topology, emulator }: DeployTarget, region: string): PlacedImage[] {
  const names = awsNames(environment.name, region);
  const clusters = clustersInRegion(topology, region).filter(isOnEcs);
  const base = emulator ? undefined : baseImage(undefined, process.env);
  return [
    ...imagesIn(topology, clusters).map((program) => ({
      ...programSource(root, program, base),
      repository: names.repository(program),
    })),
    ...serviceSources(root, topology, clusters, base).map((source) => ({
      ...source,
      repository: names.serviceRepository,
    })),
  ];
}

type PlacedImage = ImageSource & { repository: string };

/** @returns how many the registry did not have */
async function pushToAccount(region: string, root: string, sources: readonly PlacedImage[]): Promise<number> {
  const registry = await accountRegistry(region);
  let count = 0;
  for (const source of sources) {
    const repository = `${registry}/${source.repository}`;
    const { pushed } = await withLogin(registry, (dockerConfig) =>
      pushImage({ root, source, repository, dockerConfig }),
    );
    if (pushed) count++;
  }
  return count;
}

/**
 * The manifest alone: there is no registry behind the emulated ECR, and so no layer is uploaded. What can go wrong with
 * a tag goes wrong here too; what can go wrong with a layer does not.
 */
async function putManifest(target: DeployTarget, region: string, source: PlacedImage): Promise<boolean> {
  const client = new ECRClient(clientConfig(target, region));
  const { repository: repositoryName, tag } = source;
  const { images = [] } = await client.send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: tag }] }),
  );
  if (images.length > 0) return false;
  await client.send(
    new PutImageCommand({ repositoryName, imageTag: tag, imageManifest: JSON.stringify(manifestOf(source)) }),
  );
  return true;
}

/** An image of natsform's own files alone, without the base of a real one. */
function manifestOf({ folder, file }: ImageSource): object {
  const blob = (file: string, mediaType: string) => {
    const bytes = readFileSync(join(folder, file));
    return { mediaType, size: bytes.length, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
  };
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: blob("image.json", "application/vnd.oci.image.config.v1+json"),
    layers: [blob(file, "application/vnd.oci.image.layer.v1.tar")],
  };
}
