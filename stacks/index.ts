import type { App, TerraformStack } from "cdktf";
import { type PlannedStack, type StackLayer, type StackOf, stackPlan, withoutStacks } from "../model/topology";
import { ecsCluster, type StackContext } from "../modules/aws/context";
import { kubernetesContext } from "../modules/kubernetes/context";
import { addRecord } from "../modules/terraform/record";
import { AwsCertificatesStack } from "./aws-certificates";
import { AwsFoundationStack } from "./aws-foundation";
import { AwsNatsStack } from "./aws-nats";
import { AwsProgramsStack } from "./aws-programs";
import { KubernetesAuthStack } from "./kubernetes-auth";
import { KubernetesBackupStack } from "./kubernetes-backup";
import { KubernetesCoreStack } from "./kubernetes-core";
import { KubernetesPkiStack } from "./kubernetes-pki";
import { KubernetesServicesStack } from "./kubernetes-services";
import { KubernetesStreamsStack } from "./kubernetes-streams";

type Build<Stack> = (app: App, context: StackContext, stack: Stack) => TerraformStack;

/** Functions that build the stacks of each layer. */
const builders = {
  foundation: (app, context, { region }) => new AwsFoundationStack(app, context, region),
  certificates: (app, context, { cluster }) => new AwsCertificatesStack(app, context, ecsCluster(context, cluster)),
  nats: (app, context, { cluster }) => new AwsNatsStack(app, context, ecsCluster(context, cluster)),
  programs: (app, context, { cluster }) => new AwsProgramsStack(app, context, ecsCluster(context, cluster)),
  pki: (app, context, { cluster }) => new KubernetesPkiStack(app, kubernetesContext(context, cluster)),
  core: (app, context, { cluster }) => new KubernetesCoreStack(app, kubernetesContext(context, cluster)),
  auth: (app, context, { cluster }) => new KubernetesAuthStack(app, kubernetesContext(context, cluster)),
  streams: (app, context, { cluster }) => new KubernetesStreamsStack(app, kubernetesContext(context, cluster)),
  services: (app, context, { cluster }) => new KubernetesServicesStack(app, kubernetesContext(context, cluster)),
  backup: (app, context, { cluster }) => new KubernetesBackupStack(app, kubernetesContext(context, cluster)),
} satisfies { [Layer in StackLayer]: Build<StackOf<Layer>> };

const build = (app: App, context: StackContext, stack: PlannedStack): TerraformStack =>
  // A builder is found by the layer of the very stack that is its argument.
  (builders[stack.layer] as Build<PlannedStack>)(app, context, stack);

/**
 * Adds every stack of an environment, as the plan of stacks has them. They refer to nothing of each other, so their
 * order is passed to CDKTF: it would start all stacks without dependencies at once.
 *
 * Messages about clusters that are skipped: their platforms have no stacks yet
 */
export function addStacks(app: App, context: StackContext): string[] {
  const { topology } = context;
  const built = new Map<string, TerraformStack>();
  for (const stack of stackPlan(topology)) {
    const made = build(app, context, stack);
    addRecord(made, context, stack);
    for (const id of stack.after) {
      const before = built.get(id);
      if (!before) throw new Error(`${stack.id} comes after ${id}, which is not planned before it`);
      made.addDependency(before);
    }
    built.set(stack.id, made);
  }
  return withoutStacks(topology).map(
    ({ name, platform }) => `${topology.environment}/${name}: skipped, ${platform.kind} has no stacks yet`,
  );
}

export { stackContext } from "../modules/terraform/context";
export {
  AwsCertificatesStack,
  AwsFoundationStack,
  AwsNatsStack,
  AwsProgramsStack,
  KubernetesAuthStack,
  KubernetesBackupStack,
  KubernetesCoreStack,
  KubernetesPkiStack,
  KubernetesServicesStack,
  KubernetesStreamsStack,
  type StackContext,
};
