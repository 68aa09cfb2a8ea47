import { existsSync } from "node:fs";
import { Kubectl } from "./kubectl";
import { kubeconfigFiles } from "./kubernetes-access";

/** What this machine knows of a Kubernetes cluster, for work that is not about one environment. */
export interface KubeconfigState {
  /** Files that are named or usual; none in a pod, and where there is none. */
  files: readonly string[];
  missing: readonly string[];
  inPod: boolean;
  /** Of the kubeconfig; `undefined` without one. */
  context?: string;
  /** kubectl's error, when the Kubernetes API does not answer. */
  error?: string;
}

const answerSeconds = 10;

export async function kubeconfigState(env: NodeJS.ProcessEnv): Promise<KubeconfigState> {
  const files = kubeconfigFiles(env);
  const missing = files.filter((file) => !existsSync(file));
  const inPod = Boolean(env.KUBERNETES_SERVICE_HOST);
  const state = { files, missing, inPod };
  if (files.length === missing.length && !inPod) return state;
  const kubectl = new Kubectl(env);
  const current = files.length > missing.length ? await kubectl.run("config", "current-context") : undefined;
  const context = current?.code === 0 ? current.stdout.trim() : undefined;
  if (current && context === undefined) return state;
  const answer = await kubectl.run("version", `--request-timeout=${answerSeconds}s`, "--output", "json");
  const error = answer.code === 0 ? undefined : (answer.stderr.trim().split("\n").at(-1) ?? "");
  return { ...state, context, error };
}

/** What of it is missing. Pure. */
export function judgeKubeconfig({ files, missing, inPod, context, error }: KubeconfigState): {
  ok: boolean;
  found: string;
} {
  const none = files.length === 0;
  if (none && !inPod) return { ok: false, found: "none: KUBECONFIG is not set, and there is no ~/.kube/config" };
  if (!none && files.length === missing.length) return { ok: false, found: `${missing.join(", ")}: no such file` };
  const where = none ? "the ServiceAccount of this pod" : context && `context ${context}`;
  if (!where) return { ok: false, found: `no current context in ${files.join(", ")}` };
  return error === undefined ? { ok: true, found: where } : { ok: false, found: `${where}: ${error}` };
}
