import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type DeployTarget, stackFolder } from "./target";

/** A stack as it was synthesized, for Terraform. */
export const readSynthesized = (target: DeployTarget, stack: string): unknown =>
  JSON.parse(readFileSync(join(stackFolder(target, stack).path, "cdk.tf.json"), "utf8"));
