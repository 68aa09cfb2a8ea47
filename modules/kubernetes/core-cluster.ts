import type { Release } from "@cdktf/provider-helm/lib/release";
import { Construct } from "constructs";
import type { KubernetesContext } from "./context";
import { Monitoring } from "./monitoring";
import { NetworkPolicies } from "./network-policies";
import { NatsRelease } from "./release";
import { CertificateRenewal } from "./renewal";
import { addStorageClass } from "./storage";

/**
 * The servers of a cluster, their network policies, their disks, and the renewal of their certificates. The same on
 * every Kubernetes: differences between clouds are data of the context.
 *
 * Needs a provider for kubernetes and one for helm in its stack, and what `KubernetesPkiStack` makes in the cluster.
 */
export class CoreCluster extends Construct {
  /** Done when every server is ready. */
  readonly release: Release;

  /** @throws ConfigError when a value of the configuration is none of the chart's */
  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    new NetworkPolicies(this, "network-policies", context);
    new Monitoring(this, "monitoring", context);
    const storageClass = addStorageClass(this, context);
    const renewal = context.cluster.renewsByJob ? new CertificateRenewal(this, "renewal", context) : undefined;
    const { release } = new NatsRelease(this, "nats", {
      context,
      storageClass,
      after: renewal ? [renewal.first] : [],
    });
    this.release = release;
  }
}
