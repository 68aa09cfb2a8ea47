import { existsSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeFileAtomically } from "../../artifacts/files";

/** Address and version of the pinned Terraform providers, as the prebuilt packages name them. */
const pinned = [
  require("@cdktf/provider-aws/package.json") as Package,
  require("@cdktf/provider-kubernetes/package.json") as Package,
  require("@cdktf/provider-helm/package.json") as Package,
  require("@cdktf/provider-vault/package.json") as Package,
].map(({ cdktf }) => cdktf.provider);
interface Package {
  cdktf: { provider: { name: string; version: string } };
}

export type ProviderName = "aws" | "kubernetes" | "helm" | "vault";

/** A folder with the layout of a Terraform file system mirror, and the pinned providers that it holds. */
export interface ProviderMirror {
  folder: string;
  /** Addresses: `registry.terraform.io/hashicorp/aws`. */
  providers: string[];
}

/** Folders that are searched for mirrors, one level deep. */
const usualRoots = () => ["/opt", "/usr/share/terraform", "/usr/local/share/terraform", homedir()];
/** Folders that Terraform itself searches. */
const impliedFolders = () => [
  join(homedir(), ".terraform.d", "plugins"),
  join(process.env.XDG_DATA_HOME ?? join(homedir(), ".local", "share"), "terraform", "plugins"),
  "/usr/local/share/terraform/plugins",
  "/usr/share/terraform/plugins",
];

/**
 * Folders that hold pinned providers on this machine, the one named in `NATSFORM_PROVIDER_MIRROR` first. They are
 * searched at run time, since they differ between machines.
 */
export function findProviderMirrors(): ProviderMirror[] {
  const { NATSFORM_PROVIDER_MIRROR, TF_PLUGIN_CACHE_DIR } = process.env;
  const folders = [
    NATSFORM_PROVIDER_MIRROR,
    TF_PLUGIN_CACHE_DIR,
    ...impliedFolders(),
    ...usualRoots().flatMap((root) => [root, ...foldersIn(root)]),
  ].flatMap((folder) => (folder && existsSync(join(folder, "registry.terraform.io")) ? [folder] : []));
  const taken = new Set<string>();
  return [...new Set(folders)].flatMap((folder) => {
    const providers = pinned.filter((provider) => !taken.has(provider.name) && holds(folder, provider));
    for (const { name } of providers) taken.add(name);
    return providers.length > 0 ? [{ folder, providers: providers.map(({ name }) => name) }] : [];
  });
}

/** The pinned version of one provider. */
export const providerVersion = (name: ProviderName): string =>
  pinned.find((provider) => provider.name.endsWith(`/${name}`))?.version ?? "";

/** Whether the registry of Terraform's providers can be reached from here. */
export async function registryAnswers(): Promise<boolean> {
  try {
    const url = "https://registry.terraform.io/.well-known/terraform.json";
    return (await fetch(url, { signal: AbortSignal.timeout(10_000) })).ok;
  } catch {
    return false;
  }
}

/** The mirror that holds one provider in the pinned version; `undefined` when none does. */
export function findProviderMirror(name: ProviderName = "aws"): ProviderMirror | undefined {
  return findProviderMirrors().find(({ providers }) => providers.some((provider) => provider.endsWith(`/${name}`)));
}

/** Unpacked in a folder of the version and platform, or packed beside each other. */
function holds(folder: string, provider: Package["cdktf"]["provider"]): boolean {
  const packed = `terraform-provider-${typeOf(provider)}_${provider.version}_${platform}.zip`;
  return unpackedIn(folder, provider) !== undefined || filesIn(join(folder, provider.name)).includes(packed);
}

const typeOf = ({ name }: { name: string }) => name.slice(name.lastIndexOf("/") + 1);

/** The folder that a mirror has the provider unpacked in. A folder alone proves nothing: Terraform starts the program in it. */
function unpackedIn(folder: string, provider: Package["cdktf"]["provider"]): string | undefined {
  const unpacked = join(folder, provider.name, provider.version, platform);
  const isThere = filesIn(unpacked).some((file) => file.startsWith(`terraform-provider-${typeOf(provider)}`));
  return isThere ? unpacked : undefined;
}

const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", ia32: "386" };
const platform = `${process.platform === "win32" ? "windows" : process.platform}_${architectures[process.arch] ?? process.arch}`;

/** Names of the files in a folder that hold something; none where there is no folder. */
function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => {
      const found = statSync(join(folder, name));
      return found.isFile() && found.size > 0;
    });
  } catch {
    return [];
  }
}

function foldersIn(root: string): string[] {
  try {
    return readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(root, name));
  } catch {
    return [];
  }
}

/**
 * Writes a configuration of Terraform's command line that takes providers from the mirrors, and the rest from the
 * registry. The caller's own configuration is not used: it may forbid either, or name a missing file.
 *
 * @param inPlace start providers where the mirrors have them unpacked, and compute their digests at `init` alone. Terraform
 *   does so at every command else, which takes half a second for that of AWS. Nothing is then held to a lock file: not for
 *   real accounts
 * @returns the path for `TF_CLI_CONFIG_FILE`
 */
export function writeCliConfig(
  folder: string,
  mirrors: readonly ProviderMirror[] = findProviderMirrors(),
  inPlace = false,
): string {
  const list = (providers: string[]) => `[${providers.map((provider) => JSON.stringify(provider)).join(", ")}]`;
  const started = inPlace ? mirrors.flatMap(unpackedProviders) : [];
  const overrides = started.map(([name, path]) => `    ${JSON.stringify(name)} = ${JSON.stringify(path)}\n`);
  const override = overrides.length > 0 ? `  dev_overrides {\n${overrides.join("")}  }\n` : "";
  const blocks = mirrors.map(
    (mirror) =>
      `  filesystem_mirror {\n    path    = ${JSON.stringify(mirror.folder)}\n    include = ${list(mirror.providers)}\n  }\n`,
  );
  const mirrored = mirrors.flatMap(({ providers }) => providers);
  const path = join(folder, "terraform.tfrc");
  writeFileAtomically(
    path,
    `disable_checkpoint = true\nprovider_installation {\n${override}${blocks.join("")}  direct {\n    exclude = ${list(mirrored)}\n  }\n}\n`,
  );
  return path;
}

const unpackedProviders = ({ folder, providers }: ProviderMirror): [name: string, path: string][] =>
  pinned
    .filter(({ name }) => providers.includes(name))
    .flatMap((provider) => {
      const path = unpackedIn(folder, provider);
      return path ? [[provider.name, path]] : [];
    });
