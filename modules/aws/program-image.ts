import { join } from "node:path";
import { DataAwsEcrImage } from "@cdktf/provider-aws/lib/data-aws-ecr-image";
import type { Construct } from "constructs";
import { programTag } from "../terraform/image-tag";
import type { SynthSettings } from "../terraform/settings";
import type { Lookups } from "./lookups";

/**
 * Reference of a program's image, by digest. It is found under the tag of what lies in the project, so a deployment with
 * an image that was never pushed fails before anything is changed.
 */
export function programImage(
  scope: Construct,
  id: string,
  lookups: Lookups,
  settings: SynthSettings,
  program: string,
): string {
  const { names } = lookups;
  const image = new DataAwsEcrImage(scope, id, {
    repositoryName: names.repository(program),
    imageTag: programTag(settings, program),
  });
  return image.imageUri;
}

/**
 * Reference of the image of a service that natsform builds, by digest. All services of an environment share a repository,
 * so that the tag begins with the service's name.
 */
export function serviceImage(
  scope: Construct,
  id: string,
  { names }: Lookups,
  settings: SynthSettings,
  environment: string,
  service: string,
): string {
  const tag = programTag(settings, join("services", environment, service));
  return new DataAwsEcrImage(scope, id, { repositoryName: names.serviceRepository, imageTag: `${service}-${tag}` })
    .imageUri;
}
