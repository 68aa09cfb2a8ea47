import { join } from "node:path";
import { GcsBackend, LocalBackend, S3Backend, type TerraformStack } from "cdktf";
import { workFolder } from "../../artifacts/work-folder";
import type { Environment } from "../../model/config";
import type { SynthSettings } from "./settings";

/** Keeps the state of a stack in the environment's backend, under the stack's own name. */
export function addBackend(stack: TerraformStack, environment: Environment, settings: SynthSettings): void {
  const { backend } = environment;
  const name = stack.node.id;
  if (settings.emulatorEndpoint) {
    // It describes resources that end with the emulator: it lies in its folder, and never with a real state.
    const { emulatorStates } = workFolder(settings.root).environment(environment.name);
    new LocalBackend(stack, { path: join(emulatorStates, `terraform.${name}.tfstate`) });
    return;
  }
  switch (backend.kind) {
    case "local":
      new LocalBackend(stack, { path: join(settings.root, `terraform.${name}.tfstate`) });
      break;
    case "s3": {
      const { bucket, region, prefix } = backend;
      const s3 = new S3Backend(stack, { bucket, region, key: `${prefix}/${name}.tfstate`, encrypt: true });
      // The bindings are older than S3's own lock.
      s3.addOverride("use_lockfile", true);
      break;
    }
    case "gcs":
      new GcsBackend(stack, { bucket: backend.bucket, prefix: `${backend.prefix}/${name}` });
      break;
  }
}
