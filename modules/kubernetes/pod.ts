import { resourcesOf, user } from "../../templates/helm-values";
import type { KubernetesContext } from "./context";

/** Security context that Pod Security `restricted` requires of every container, in Terraform's spelling. */
export const restrictedContainer = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  runAsNonRoot: true,
  capabilities: { drop: ["ALL"] },
  seccompProfile: { type: "RuntimeDefault" },
};

export const restrictedPod = {
  runAsNonRoot: true,
  runAsUser: String(user),
  runAsGroup: String(user),
  fsGroup: String(user),
  seccompProfile: { type: "RuntimeDefault" },
};

/** Memory's request and limit are the same; CPU above the request is there while no other container needs it. */
export const resources = ({ cluster }: KubernetesContext, cpu: string, memory: string) =>
  resourcesOf(cluster.platform, { cpu, memory }, { cpu: "1", memory });

/** The variables that have a value, as a container takes them. */
export const environment = (variables: Record<string, string | undefined>) =>
  Object.entries(variables).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]));

/** Files of a Secret or ConfigMap in a folder of a container. */
export interface MountedFiles {
  name: string;
  folder: string;
  secret?: string;
  configMap?: string;
  /** Keys that become files, by their names; without it all of them. */
  files?: Record<string, string>;
}

/** Readable for the program's group alone. */
const mode = "0440";

export const volumes = (mounts: readonly MountedFiles[]) =>
  mounts.map(({ name, secret, configMap, files }) => {
    const items = files && Object.entries(files).map(([key, path]) => ({ key, path }));
    return {
      name,
      ...(secret && { secret: { secretName: secret, defaultMode: mode, items } }),
      ...(configMap && { configMap: { name: configMap, defaultMode: mode, items } }),
    };
  });

export const volumeMounts = (mounts: readonly MountedFiles[]) =>
  mounts.map(({ name, folder }) => ({ name, mountPath: folder, readOnly: true }));
