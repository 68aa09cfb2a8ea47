import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isInFamily, stackPlan } from "../../model/topology";
import { type DeployPolicy, deployPolicy, type EmittedStack } from "../../templates/deploy-policy";
import type { OpenEnvironment } from "../core/environment";
import { UserError } from "../core/project";
import { makeKeys } from "../keys/make";
import { FolderStore } from "../keys/store";
import { writeTrust } from "../keys/trust-file";
import { synthesize } from "./synth";

/**
 * The policies of IAM with which an environment can be planned and applied. Its stacks are synthesized into a folder that is
 * removed again: what they ask AWS for follows from what is in them.
 *
 * @throws UserError where nothing of it is on AWS, and where it has something that nobody has written down
 */
export async function policyOf({ root, environment, topology }: OpenEnvironment): Promise<DeployPolicy> {
  const { name, backend } = environment;
  const regions = [
    ...new Set(
      stackPlan(topology)
        .filter(isInFamily("aws"))
        .map(({ region }) => region),
    ),
  ].sort();
  if (regions.length === 0) throw new UserError(`${name} has nothing on AWS`, "these are policies of AWS's IAM");
  const out = mkdtempSync(join(tmpdir(), "natsform-policy-"));
  try {
    // Keys of its own, which go with the folder: whoever asks for these policies may have none yet.
    const { trust } = await makeKeys(topology, new FolderStore(join(out, "keys")));
    writeTrust(join(out, `${name}.trust.json`), trust);
    // As for a removal: what is only looked at needs no charts.
    await synthesize({ root, environments: [name], trustFolder: out, destroy: true }, out);
    const stacks = readdirSync(join(out, "stacks")).map(
      (stack) => JSON.parse(readFileSync(join(out, "stacks", stack, "cdk.tf.json"), "utf8")) as EmittedStack,
    );
    const policy = deployPolicy(stacks, { environment: name, regions }, backend.kind === "s3" ? backend : undefined);
    if (policy.unknown.length > 0)
      throw new UserError(
        `nobody has written down what these ask AWS for: ${policy.unknown.join(", ")}`,
        "templates/deploy-policy/actions.ts has the others",
      );
    return policy;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
