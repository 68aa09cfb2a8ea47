import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { z } from "zod";
import type { KubernetesPlatform } from "../../model/topology";
import { Kubectl } from "./kubectl";

/** Access of this machine to the Kubernetes cluster of one of the environment's clusters. */
export interface KubernetesAccess {
  kubectl: Kubectl;
  /** Of the kubeconfig; `undefined` inside of a pod. */
  context?: string;
  /** URL of the Kubernetes API, for people. */
  server: string;
  /** Variables that kubectl is run with. */
  env: Record<string, string>;
  /** Variables for Terraform's providers, so that they reach the same Kubernetes cluster as kubectl. */
  terraformEnv: Record<string, string>;
}

/** Files of the caller's kubeconfig: those that kubectl reads, otherwise those of Terraform's providers. */
export function kubeconfigFiles(env: NodeJS.ProcessEnv): string[] {
  const named = [env.KUBECONFIG, env.KUBE_CONFIG_PATHS, env.KUBE_CONFIG_PATH].find((value) => value);
  const usual = join(env.HOME ?? homedir(), ".kube", "config");
  return named ? named.split(delimiter).filter((file) => file !== "") : existsSync(usual) ? [usual] : [];
}

/** The variables without those that say where a Kubernetes cluster is. */
export const withoutKubeconfig = (env: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^KUBE(CONFIG|_.*)$/.test(name)));

const Config = z.object({
  "current-context": z.string().default(""),
  clusters: z.array(z.object({ cluster: z.object({ server: z.string() }) })).nullish(),
});

/** @throws UserError with kubectl's error, when the kubeconfig has no such context */
export async function kubernetesAccess(
  { authentication, context: chosen }: Pick<KubernetesPlatform, "authentication" | "context">,
  callers: Record<string, string>,
): Promise<KubernetesAccess> {
  const files = kubeconfigFiles(callers);
  if (authentication.kind === "in-cluster") {
    // With an empty kubeconfig, kubectl uses the pod's ServiceAccount, as Terraform does.
    const env = { ...withoutKubeconfig(callers), KUBECONFIG: "/dev/null" };
    return { kubectl: new Kubectl(env), server: "the Kubernetes cluster of this pod", env, terraformEnv: {} };
  }
  const env = { ...withoutKubeconfig(callers), ...(files.length > 0 && { KUBECONFIG: files.join(delimiter) }) };
  const named = chosen ? ["--context", chosen] : [];
  const config = await new Kubectl(env).json(Config, "config", "view", "--minify", ...named);
  const context = chosen ?? config["current-context"];
  return {
    kubectl: new Kubectl(env, context),
    context,
    server: config.clusters?.[0]?.cluster.server ?? "?",
    env,
    terraformEnv: authentication.kind === "kubeconfig" ? kubeconfigEnv(files, context) : {},
  };
}

/** The providers use different variables for one file and for several; the context is for stacks that name none. */
export const kubeconfigEnv = (files: readonly string[], context: string): Record<string, string> => ({
  ...(files.length > 1 ? { KUBE_CONFIG_PATHS: files.join(delimiter) } : { KUBE_CONFIG_PATH: files.join() }),
  KUBE_CTX: context,
});
