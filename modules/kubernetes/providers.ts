import { HelmProvider } from "@cdktf/provider-helm/lib/provider";
import { KubernetesProvider } from "@cdktf/provider-kubernetes/lib/provider";
import { VaultProvider } from "@cdktf/provider-vault/lib/provider";
import { Fn, type TerraformStack } from "cdktf";
import type { ProviderPlatform } from "../../model/topology";
import { foreignMetadata } from "./foreign-metadata";

/** Access of a provider to the Kubernetes API: data of the configuration, and no secret. */
interface Access {
  configPath?: string;
  configContext?: string;
  host?: string;
  clusterCaCertificate?: string;
  exec?: { apiVersion: string; command: string; args?: string[] };
}

const apiVersion = "client.authentication.k8s.io/v1beta1";

function accessOf({ authentication, context }: ProviderPlatform): Access {
  switch (authentication.kind) {
    case "kubeconfig":
      // The file itself is named by KUBE_CONFIG_PATH: a path of one machine is no part of a configuration.
      return { configContext: context };
    case "in-cluster":
      return {};
    case "gke":
    case "eks": {
      const { endpoint, certificateAuthority } = authentication;
      const exec =
        authentication.kind === "gke"
          ? { command: "gke-gcloud-auth-plugin" }
          : {
              command: "aws",
              args: ["eks", "get-token", "--cluster-name", authentication.cluster, "--region", authentication.region],
            };
      return {
        host: endpoint,
        clusterCaCertificate: Fn.base64decode(certificateAuthority),
        exec: { apiVersion, ...exec },
      };
    }
  }
}

export function addKubernetesProvider(stack: TerraformStack, platform: ProviderPlatform): void {
  const { exec, ...access } = accessOf(platform);
  const foreign = foreignMetadata(platform);
  const ignored = { ignoreAnnotations: foreign, ignoreLabels: foreign };
  new KubernetesProvider(stack, "kubernetes", { ...access, ...(exec && { exec: [exec] }), ...ignored });
}

export function addHelmProvider(stack: TerraformStack, platform: ProviderPlatform): void {
  new HelmProvider(stack, "helm", { kubernetes: accessOf(platform) });
}

/** Address and token are those of the operator who deploys: VAULT_ADDR and VAULT_TOKEN. */
export function addVaultProvider(stack: TerraformStack): void {
  new VaultProvider(stack, "vault", { addAddressToEnv: "false" });
}
