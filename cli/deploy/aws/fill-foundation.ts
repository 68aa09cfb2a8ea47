import type { AwsStack } from "../../../model/topology";
import type { Progress } from "../../core/output";
import { pushSecrets } from "../../keys/push";
import type { DeployTarget } from "../target";
import { putImages } from "./images";
import { keyStoreOf } from "./push";

/** What later stacks need and Terraform must not see or cannot make: keys in their secrets, images in their repositories. */
export async function fillFoundation(
  target: DeployTarget,
  { id, region }: AwsStack,
  progress: Progress,
): Promise<void> {
  const { written, unchanged } = await pushSecrets(target.topology, target.keys, keyStoreOf(target, region));
  progress(`${id}: ${written} keys pushed, ${unchanged} were there already`);
  progress(`${id}: ${await putImages(target, region)} images put`);
}
