import { SecretV1 } from "@cdktf/provider-kubernetes/lib/secret-v1";
import { Fn } from "cdktf";
import type { Construct } from "constructs";
import { type KubernetesContext, labelsOf } from "./context";

/**
 * The container of secret values. They are written by `natsform keys push` and by the renewal job; a write-only value
 * keeps Terraform from ever reading them back into its state.
 */
export const emptySecret = (scope: Construct, id: string, context: KubernetesContext, name: string): SecretV1 =>
  secret(scope, id, context, name, { owner: "natsform" }, 1);

/** A Secret that Terraform fills, and writes again when `version` is another. Its values are not in its state. */
export const filledSecret = (
  scope: Construct,
  id: string,
  context: KubernetesContext,
  name: string,
  { data, version }: SecretContent,
): SecretV1 => secret(scope, id, context, name, data, revisionOf(version));

export interface SecretContent {
  data: Record<string, string>;
  /** Values that decide the version: when they change, Terraform writes the Secret again. */
  version: string[];
}

/** Version of a write-only value, as a number: Terraform cannot see otherwise that the value has changed. */
const revisionOf = (version: string[]): number => Fn.parseint(Fn.substr(Fn.sha256(Fn.join("", version)), 0, 8), 16);

function secret(
  scope: Construct,
  id: string,
  context: KubernetesContext,
  name: string,
  dataWo: Record<string, string>,
  dataWoRevision: number,
): SecretV1 {
  return new SecretV1(scope, id, {
    metadata: { name, namespace: context.namespace, labels: labelsOf(context) },
    type: "Opaque",
    dataWo,
    dataWoRevision,
  });
}
