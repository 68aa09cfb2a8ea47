import type { AwsStack } from "../../../model/topology";
import { counted } from "../../core/counted";
import type { Progress } from "../../core/steps";
import { pushSecrets } from "../../keys/push";
import type { DeployTarget } from "../target";
import { putImages } from "./images";
import { keyStoreOf, keysIn } from "./push";

/**
 * Puts keys into their secrets and images into their repositories: Terraform must not see keys and cannot push images.
 */
export async function fillFoundation(
  target: DeployTarget,
  { id, region }: AwsStack,
  progress: Progress,
): Promise<void> {
  const { written, unchanged } = await pushSecrets(
    target,
    target.keys,
    keyStoreOf(target, region),
    keysIn(target, region),
  );
  progress(`${id}: ${counted(written, "key")} pushed, ${unchanged} were there already`);
  progress(`${id}: ${await putImages(target, region)} images put`);
}
