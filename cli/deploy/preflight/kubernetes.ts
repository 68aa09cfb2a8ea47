import { z } from "zod";
import { compareVersions } from "../../../model/config/server-keys";
import type { Topology } from "../../../model/topology";
import { isOnKubernetes, type KubernetesCluster } from "../../../model/topology";
import { kubernetesAccess } from "../../core/kubernetes-access";
import { checkPrerequisite, type Prerequisite } from "./prerequisite";

/** Oldest version of Kubernetes whose API has every resource that natsform creates. */
export const oldestKubernetes = "1.29";

const Version = z.object({ serverVersion: z.object({ gitVersion: z.string() }) });

/** The Kubernetes cluster of each cluster answers, and is the configured one. */
export const kubernetesPrerequisites = ({ clusters }: Topology, env: Record<string, string>): Promise<Prerequisite>[] =>
  clusters.filter(isOnKubernetes).map((cluster) => reachable(cluster, env));

function reachable({ name, platform }: KubernetesCluster, env: Record<string, string>): Promise<Prerequisite> {
  const { authentication, context } = platform;
  return checkPrerequisite(
    {
      name: `Kubernetes of ${name}`,
      needed: `>= ${oldestKubernetes}, reachable`,
      get: context
        ? `a kubeconfig with the context ${context}: KUBECONFIG names it`
        : "KUBECONFIG, and kubectl config use-context",
    },
    async () => {
      const { kubectl, server, context: current } = await kubernetesAccess(platform, env);
      const { gitVersion } = (await kubectl.json(Version, "version", "--request-timeout=15s")).serverVersion;
      const where = [current && `context ${current}`, server].filter(Boolean).join(", ");
      // Terraform uses the configured endpoint, kubectl the one of its context.
      if ("endpoint" in authentication && new URL(authentication.endpoint).host !== new URL(server).host)
        return {
          ok: false,
          found: `${where} is not ${authentication.endpoint}`,
          get: `set clusters.${name}.platform.context to a context of that Kubernetes cluster`,
        };
      const ok = compareVersions(gitVersion.replace(/^v/, ""), oldestKubernetes) >= 0;
      return { ok, found: `${gitVersion}, ${where}` };
    },
  );
}
