import { execFileSync } from "node:child_process";
import { baseVariable } from "../../../artifacts/image-settings";
import { compareVersions } from "../../../model/config/server-keys";
import type { Topology } from "../../../model/topology";
import { isInFamily, isOnKubernetes, type StackFamily, stackPlan, vaultClusters } from "../../../model/topology";
import { findAll, findDeployTool } from "../../core/tools";
import { baseImage } from "../../images/settings";
import { findProviderMirror, type ProviderName } from "../provider-mirror";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

/** The version of the first program of this name that prints one with `args`. */
export function programVersion(name: string, args: readonly string[]): string | undefined {
  for (const path of findAll(name)) {
    try {
      const text = execFileSync(path, args, { encoding: "utf8", timeout: 20_000, stdio: ["ignore", "pipe", "pipe"] });
      const version = /(\d+\.\d+(?:\.\d+)?)/.exec(text)?.[1];
      if (version) return version;
    } catch {
      // The next one on PATH may work.
    }
  }
  return undefined;
}

const program = (
  name: string,
  args: readonly string[],
  minimum: string | undefined,
  get: string,
): Promise<Prerequisite> =>
  checkPrerequisite({ name, needed: minimum ? `>= ${minimum}` : "any", get }, async () => {
    const version = programVersion(name, args);
    const isThere = version ?? findAll(name)[0];
    if (isThere === undefined) return { ok: false, found: "not on PATH" };
    return { ok: !minimum || compareVersions(version ?? "0", minimum) >= 0, found: version ?? "found" };
  });

/** Command-line tools that the environment's deployment runs. */
export function toolPrerequisites({ clusters }: Topology): Promise<Prerequisite>[] {
  const kubernetes = clusters.filter(isOnKubernetes);
  const logins = new Set(kubernetes.map(({ platform }) => platform.authentication.kind));
  return [
    program("terraform", ["version"], "1.11", "developer.hashicorp.com/terraform/install"),
    ...(kubernetes.length > 0
      ? [program("kubectl", ["version", "--client"], undefined, "kubernetes.io/docs/tasks/tools")]
      : []),
    ...(logins.has("gke")
      ? [
          program(
            "gke-gcloud-auth-plugin",
            ["--version"],
            undefined,
            "gcloud components install gke-gcloud-auth-plugin",
          ),
        ]
      : []),
    ...(logins.has("eks") ? [program("aws", ["--version"], "2", "docs.aws.amazon.com/cli")] : []),
  ];
}

/** Terraform providers of the environment's stacks. */
export function providersOf(topology: Topology): ProviderName[] {
  const families = new Set(stackPlan(topology).map(({ family }) => family));
  return [
    ...[...families].flatMap((family) => providersOfFamily[family]),
    ...(vaultClusters(topology).length > 0 ? (["vault"] as const) : []),
  ];
}

const providersOfFamily = { aws: ["aws"], kubernetes: ["kubernetes", "helm"] } satisfies {
  [Family in StackFamily]: ProviderName[];
};

/** Terraform providers are on this machine, or their registry answers. */
export function providerPrerequisites(topology: Topology): Promise<Prerequisite>[] {
  const get = "reach registry.terraform.io, or name a mirror in NATSFORM_PROVIDER_MIRROR";
  let registry: Promise<boolean> | undefined;
  return providersOf(topology).map((name) =>
    checkPrerequisite({ name: `provider ${name}`, needed: "on this machine, or its registry", get }, async () => {
      const mirror = findProviderMirror(name);
      if (mirror) return { ok: true, found: mirror.folder };
      registry ??= registryAnswers();
      const ok = await registry;
      return { ok, found: ok ? "the registry" : "neither" };
    }),
  );
}

export async function registryAnswers(): Promise<boolean> {
  try {
    const url = "https://registry.terraform.io/.well-known/terraform.json";
    return (await fetch(url, { signal: AbortSignal.timeout(10_000) })).ok;
  } catch {
    return false;
  }
}

/** Tools and settings for images that are built here: on AWS always, on Kubernetes unless a tag is named. */
export function imagePrerequisites(topology: Topology): Promise<Prerequisite>[] {
  const untagged = topology.clusters.filter(isOnKubernetes).filter(({ platform }) => platform.images.tag === undefined);
  const built = untagged.length > 0 || stackPlan(topology).some(isInFamily("aws"));
  const named = (name: string) => `clusters.${name}.platform.images`;
  return [
    ...untagged.map(({ name, platform: { images } }) =>
      checkPrerequisite(
        {
          name: `images of ${name}`,
          needed: "a registry of yours, or the tag of existing images",
          get: `set ${named(name)}.programs to where images are pushed, or ${named(name)}.tag`,
        },
        async () => ({ ok: images.programs.includes("/"), found: images.programs }),
      ),
    ),
    ...(built
      ? [
          checkPrerequisite({ name: "base image", needed: "named by digest", get: baseVariable }, async () => ({
            ok: true,
            found: baseImage(undefined, process.env),
          })),
          checkPrerequisite({ name: "crane", needed: "to push images", get: "make deploy-tools" }, async () => {
            const path = findDeployTool("crane");
            return { ok: path !== undefined, found: path ?? "not found" };
          }),
        ]
      : []),
  ];
}
