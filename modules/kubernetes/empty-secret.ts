import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1";
import type { Construct } from "constructs";
import { type KubernetesContext, labelsOf } from "./context";

/**
 * The container of secret values. They are written by `natsform keys push` and by the renewal job; a write-only value
 * keeps Terraform from ever reading them back into its state.
 */
export function emptySecret(scope: Construct, id: string, context: KubernetesContext, name: string): SecretV1 {
  return new SecretV1(scope, id, {
    metadata: { name, namespace: context.namespace, labels: labelsOf(context) },
    type: "Opaque",
    dataWo: { owner: "natsform" },
    dataWoRevision: 1,
  });
}
