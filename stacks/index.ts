import type { App } from "cdktf";
import { awsRegions, isOnEcs, isOnKubernetes } from "../model/topology";
import type { StackContext } from "../modules/aws/context";
import { AwsCertificatesStack } from "./aws-certificates";
import { AwsFoundationStack } from "./aws-foundation";
import { AwsNatsStack } from "./aws-nats";
import { AwsProgramsStack } from "./aws-programs";
import { addKubernetesStacks } from "./kubernetes";

/**
 * Adds every stack of an environment, in the order in which they are applied.
 *
 * @returns clusters that it adds nothing for, in words: their platforms have no stacks yet
 */
export function addStacks(app: App, context: StackContext): string[] {
  const { environment, topology } = context;
  const clusters = topology.clusters.filter(isOnEcs);
  const foundations = new Map(
    awsRegions({ ...topology, clusters }).map((region) => [region, new AwsFoundationStack(app, context, region)]),
  );
  for (const cluster of clusters) {
    const certificates = new AwsCertificatesStack(app, context, cluster);
    const nats = new AwsNatsStack(app, context, cluster);
    const programs = new AwsProgramsStack(app, context, cluster);
    // What cdktf deploy goes by: they look each other's things up, and refer to nothing.
    const foundation = foundations.get(cluster.platform.region);
    if (foundation) certificates.addDependency(foundation);
    nats.addDependency(certificates);
    programs.addDependency(nats);
  }
  addKubernetesStacks(app, context);
  return topology.clusters
    .filter((cluster) => !isOnEcs(cluster) && !isOnKubernetes(cluster))
    .map(({ name, platform }) => `${environment.name}/${name}: skipped, ${platform.kind} has no stacks yet`);
}

export { stackContext } from "../modules/terraform/context";
export { KubernetesAuthStack } from "./kubernetes-auth";
export { KubernetesBackupStack } from "./kubernetes-backup";
export { KubernetesCoreStack } from "./kubernetes-core";
export { KubernetesPkiStack } from "./kubernetes-pki";
export { KubernetesStreamsStack } from "./kubernetes-streams";
export { AwsCertificatesStack, AwsFoundationStack, AwsNatsStack, AwsProgramsStack, type StackContext };
