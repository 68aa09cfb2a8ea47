import { baseVariable } from "../../../artifacts/image-settings";
import type { Topology } from "../../../model/topology";
import { isInFamily, isOnKubernetes, type StackFamily, stackPlan, vaultClusters } from "../../../model/topology";
import { type ProviderName, registryAnswers } from "../../core/provider-mirror";
import { findTool, neededVersion } from "../../core/toolbox/find";
import { type ToolName, toolNamed } from "../../core/toolbox/list";
import { howToGet } from "../../core/toolbox/missing";
import { baseImage } from "../../images/settings";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

/** A row for a tool of the list. */
const toolPrerequisite = (name: ToolName): Promise<Prerequisite> => {
  const tool = toolNamed(name);
  const row = { name, needed: neededVersion(tool), get: howToGet(tool) };
  return checkPrerequisite(row, async () => {
    const found = await findTool(tool);
    return { ok: found?.ok ?? false, found: found?.found ?? (tool.kind === "made" ? "not installed" : "not on PATH") };
  });
};

/** Command-line tools that the environment's deployment runs. */
export function toolPrerequisites({ clusters }: Topology): Promise<Prerequisite>[] {
  const kubernetes = clusters.filter(isOnKubernetes);
  const logins = new Set(kubernetes.map(({ platform }) => platform.authentication.kind));
  const names: ToolName[] = [
    "terraform",
    ...(kubernetes.length > 0 ? (["kubectl"] as const) : []),
    ...(logins.has("gke") ? (["gke-gcloud-auth-plugin"] as const) : []),
    ...(logins.has("eks") ? (["aws"] as const) : []),
  ];
  return names.map(toolPrerequisite);
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
  let registry: Promise<boolean> | undefined;
  return providersOf(topology).map((provider) => {
    const tool = toolNamed(`provider ${provider}`);
    const row = {
      name: tool.name,
      needed: `${neededVersion(tool)} on this machine, or its registry`,
      get: howToGet(tool),
    };
    return checkPrerequisite(row, async () => {
      const found = await findTool(tool);
      if (found) return { ok: true, found: found.path ?? found.found };
      registry ??= registryAnswers();
      const ok = await registry;
      return { ok, found: ok ? "the registry" : "neither" };
    });
  });
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
          toolPrerequisite("crane"),
        ]
      : []),
  ];
}
