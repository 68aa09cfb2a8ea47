import { GcsBackend, LocalBackend, S3Backend, type TerraformStack } from "cdktf";
import { backendConfig } from "../../artifacts/backend-config";
import type { Environment } from "../../model/config";
import { oldestTerraform } from "../../model/config/terraform-release";
import type { SynthSettings } from "./settings";

/**
 * Keeps the state of a stack in the environment's backend, under the stack's own name, and has an older Terraform refuse
 * the stack before it plans anything.
 */
export function addBackend(stack: TerraformStack, environment: Environment, settings: SynthSettings): void {
  stack.addOverride("terraform.required_version", `>= ${oldestTerraform}`);
  const backend = backendConfig(environment, stack.node.id, settings);
  switch (backend.kind) {
    case "local":
      new LocalBackend(stack, backend.config);
      break;
    case "s3": {
      const { use_lockfile, ...config } = backend.config;
      // The bindings are older than S3's own lock.
      new S3Backend(stack, config).addOverride("use_lockfile", use_lockfile);
      break;
    }
    case "gcs":
      new GcsBackend(stack, backend.config);
      break;
  }
}
