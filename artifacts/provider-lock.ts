import { join } from "node:path";
import { readIfThere, writeFileAtomically } from "./files";

/** Terraform's own name of it. In a project it holds the providers of all stacks: commit it. */
export const lockName = ".terraform.lock.hcl";

const header = `# Providers of Terraform, with the checksums of their packages. Written by natsform when a provider is first used;
# another package than these is refused. Commit it.
`;

/** Blocks of a lock file as they stand there, by the provider's address: `registry.terraform.io/hashicorp/aws`. */
type Lock = ReadonlyMap<string, string>;

export const parseLock = (text: string): Lock =>
  new Map(
    [...text.matchAll(/^provider "([^"]+)" \{\n[\s\S]*?^\}\n/gm)].map(([block, address = ""]) => [address, block]),
  );

export const lockText = (lock: Lock): string =>
  [header, ...[...lock].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, block]) => block)].join("\n");

const versionOf = (block: string) => /^ {2}version\s*= "([^"]+)"/m.exec(block)?.[1];

/** A provider that a stack asks for. */
export interface RequiredProvider {
  /** As CDKTF writes it: `aws`, or with namespace and host. */
  source: string;
  version: string;
}

function addressOf({ source }: RequiredProvider): string {
  const parts = source.split("/");
  return [...["registry.terraform.io", "hashicorp"].slice(0, 3 - parts.length), ...parts].join("/");
}

/**
 * The part of a lock that is about these providers, in the versions that they are required in: natsform pins exact
 * versions, so another one is from before an update.
 */
export const lockOf = (lock: Lock, required: readonly RequiredProvider[]): Lock =>
  new Map(
    required.flatMap((provider) => {
      const block = lock.get(addressOf(provider));
      return block && versionOf(block) === provider.version ? [[addressOf(provider), block] as const] : [];
    }),
  );

function requiredIn(stackFolder: string): RequiredProvider[] {
  const stack = JSON.parse(readIfThere(join(stackFolder, "cdk.tf.json")) ?? "{}") as {
    terraform?: { required_providers?: Record<string, RequiredProvider> };
  };
  return Object.values(stack.terraform?.required_providers ?? {});
}

const readLock = (folder: string) => parseLock(readIfThere(join(folder, lockName)) ?? "");

/**
 * Writes what the project has locked of a stack's providers into the stack's folder, where Terraform reads it.
 *
 * @returns true when that is all of them: then Terraform must not add any
 */
export function writeStackLock(project: string, stackFolder: string): boolean {
  const required = requiredIn(stackFolder);
  const locked = lockOf(readLock(project), required);
  if (locked.size > 0) writeFileAtomically(join(stackFolder, lockName), lockText(locked));
  return locked.size === required.length;
}

/** Notes in the project what Terraform has locked for a stack, beside what was locked before. */
export function keepStackLock(project: string, stackFolder: string): void {
  const [kept, used, required] = [readLock(project), readLock(stackFolder), requiredIn(stackFolder)];
  const lock = new Map([...kept, ...lockOf(used, required), ...lockOf(kept, required)]);
  writeFileAtomically(join(project, lockName), lockText(lock));
}
