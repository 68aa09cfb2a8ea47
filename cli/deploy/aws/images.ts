import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BatchGetImageCommand, ECRClient, PutImageCommand } from "@aws-sdk/client-ecr";
import { imageFolder, imageTag } from "../../../artifacts/code-image";
import { awsNames, type ProgramName, programsOf } from "../../../model/topology";
import { pushImage } from "../../images/push";
import { accountRegistry, withLogin } from "../../images/registry";
import { baseImage } from "../../images/settings";
import { clientConfig, type DeployTarget } from "../target";

/**
 * Puts the image of every program into the region's repositories. A tag is a digest of the contents, so an existing tag
 * is never put again.
 *
 * @returns how many were put
 */
export async function putImages(target: DeployTarget, region: string): Promise<number> {
  let put = 0;
  for (const program of programsOf("aws", "image")) {
    const isNew = target.emulator
      ? await putManifest(target, region, program)
      : await pushToAccount(target, region, program);
    if (isNew) put++;
  }
  return put;
}

async function pushToAccount(
  { root, environment }: DeployTarget,
  region: string,
  program: ProgramName,
): Promise<boolean> {
  const base = baseImage(undefined, process.env);
  const registry = await accountRegistry(region);
  const repository = `${registry}/${awsNames(environment.name, region).repository(program)}`;
  const { pushed } = await withLogin(registry, (dockerConfig) =>
    pushImage({ root, program, base, repository, dockerConfig }),
  );
  return pushed;
}

/**
 * The manifest alone: there is no registry behind the emulated ECR, and so no layer is uploaded. What can go wrong with
 * a tag goes wrong here too; what can go wrong with a layer does not.
 */
async function putManifest(target: DeployTarget, region: string, program: ProgramName): Promise<boolean> {
  const client = new ECRClient(clientConfig(target, region));
  const repositoryName = awsNames(target.environment.name, region).repository(program);
  const folder = imageFolder(target.root, program);
  const tag = imageTag(folder);
  const { images = [] } = await client.send(
    new BatchGetImageCommand({ repositoryName, imageIds: [{ imageTag: tag }] }),
  );
  if (images.length > 0) return false;
  await client.send(
    new PutImageCommand({ repositoryName, imageTag: tag, imageManifest: JSON.stringify(manifestOf(folder)) }),
  );
  return true;
}

/** An image of natsform's own files alone, without the base of a real one. */
function manifestOf(folder: string): object {
  const blob = (file: string, mediaType: string) => {
    const bytes = readFileSync(join(folder, file));
    return { mediaType, size: bytes.length, digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` };
  };
  return {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: blob("image.json", "application/vnd.oci.image.config.v1+json"),
    layers: [blob("main.cjs", "application/vnd.oci.image.layer.v1.tar")],
  };
}
