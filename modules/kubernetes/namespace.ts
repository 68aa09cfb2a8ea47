import { NamespaceV1 } from "@cdktf/provider-kubernetes/lib/namespace-v1";
import { Construct } from "constructs";
import { type KubernetesContext, labelsOf } from "./context";

const podSecurity = "pod-security.kubernetes.io";

/** The namespace of a cluster. The API server refuses every pod there that could do more than it needs. */
export class Namespace extends Construct {
  readonly name: string;

  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const namespace = new NamespaceV1(this, "namespace", {
      metadata: {
        name: context.namespace,
        labels: {
          ...labelsOf(context),
          [`${podSecurity}/enforce`]: "restricted",
          [`${podSecurity}/audit`]: "restricted",
          [`${podSecurity}/warn`]: "restricted",
        },
      },
      // Volumes and secrets go with their namespace.
      lifecycle: { preventDestroy: context.environment.deletionProtection },
    });
    this.name = namespace.id;
  }
}
