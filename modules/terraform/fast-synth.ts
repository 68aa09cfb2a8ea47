import { TerraformStack } from "cdktf";
import { ValidateTerraformVersion } from "cdktf/lib/validations/validate-terraform-version";

/**
 * Leaves out three things that cdktf does for every synthesis and natsform has no use for. To be called before the first
 * construct. What is written is the same to the byte.
 */
export function synthesizeFast(): void {
  // A stack trace for every token, of unlimited length, of which nothing reaches the output. Not an import: the function
  // is replaced in the module that everything in cdktf takes it from.
  const traces = require("cdktf/lib/tokens/private/stack-trace") as { captureStackTrace: () => string[] };
  traces.captureStackTrace = () => [];
  // A whole resolution of each stack to find what it refers to in others: natsform's stacks refer to nothing of each
  // other. A reference that somebody adds is one that Terraform refuses.
  TerraformStack.prototype.prepareStack = function prepareStack(this: TerraformStack) {
    this.ensureBackendExists();
  };
  // `terraform version` as a process for every note in the state. Each stack says itself which Terraform it needs.
  ValidateTerraformVersion.prototype.validate = () => [];
}
