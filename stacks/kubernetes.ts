import type { App } from "cdktf";
import { isOnKubernetes, streamAccounts } from "../model/topology";
import { kubernetesContext } from "../modules/kubernetes/context";
import type { StackContext } from "../modules/terraform/context";
import { KubernetesAuthStack } from "./kubernetes-auth";
import { KubernetesBackupStack } from "./kubernetes-backup";
import { KubernetesCoreStack } from "./kubernetes-core";
import { KubernetesPkiStack } from "./kubernetes-pki";
import { KubernetesStreamsStack } from "./kubernetes-streams";

/** Adds the stacks of every cluster on Kubernetes, in the order in which they are applied. */
export function addKubernetesStacks(app: App, context: StackContext): void {
  for (const cluster of context.topology.clusters.filter(isOnKubernetes)) {
    const one = kubernetesContext(context, cluster);
    new KubernetesPkiStack(app, one);
    new KubernetesCoreStack(app, one);
    new KubernetesAuthStack(app, one);
    if (streamAccounts(context.topology, cluster.name).length > 0) new KubernetesStreamsStack(app, one);
    if (cluster.backup) new KubernetesBackupStack(app, one);
  }
}
