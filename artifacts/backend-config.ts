import { join } from "node:path";
import type { Environment } from "../model/config";
import { workFolder } from "./work-folder";

/** Where the state of a stack is, as Terraform's `backend` block says it. */
export type BackendConfig =
  | { kind: "local"; config: { path: string } }
  | { kind: "s3"; config: { bucket: string; region: string; key: string; encrypt: boolean; use_lockfile: boolean } }
  | { kind: "gcs"; config: { bucket: string; prefix: string } };

export interface BackendSettings {
  /** Folder of the project. */
  root: string;
  /** Endpoint of an emulated AWS, where the stack is deployed to one. */
  emulatorEndpoint?: string;
}

/** The backend of a stack: the environment's, under the stack's own name. */
export function backendConfig(
  { name: environment, backend }: Pick<Environment, "name" | "backend">,
  stack: string,
  { root, emulatorEndpoint }: BackendSettings,
): BackendConfig {
  if (emulatorEndpoint) {
    // It describes resources that end with the emulator: it lies in its folder, and never with a real state.
    const { emulatorStates } = workFolder(root).environment(environment);
    return { kind: "local", config: { path: join(emulatorStates, `terraform.${stack}.tfstate`) } };
  }
  switch (backend.kind) {
    case "local":
      return { kind: "local", config: { path: join(root, `terraform.${stack}.tfstate`) } };
    case "s3": {
      const { bucket, region, prefix } = backend;
      const key = `${prefix}/${stack}.tfstate`;
      return { kind: "s3", config: { bucket, region, key, encrypt: true, use_lockfile: true } };
    }
    case "gcs":
      return { kind: "gcs", config: { bucket: backend.bucket, prefix: `${backend.prefix}/${stack}` } };
  }
}
