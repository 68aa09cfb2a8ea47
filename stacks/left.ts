import { App, TerraformStack } from "cdktf";
import type { StackRecord } from "../model/topology";
import { addAwsProvider } from "../modules/aws/provider";
import { addHelmProvider, addKubernetesProvider, addVaultProvider } from "../modules/kubernetes/providers";
import { addBackend } from "../modules/terraform/backend";
import type { StackContext } from "../modules/terraform/context";

/** A stack that is no longer in the environment: its state is all that is left of it. */
export interface LeftStack extends Pick<StackRecord, "stack" | "platform"> {
  /** Providers that its state names: `aws`, `kubernetes`, `helm`, `vault`. */
  providers: readonly string[];
}

/** Providers and backend alone: Terraform removes what is in the state and not in the configuration. */
class ProvidersStack extends TerraformStack {
  constructor(app: App, context: StackContext, { stack, platform, providers }: LeftStack) {
    super(app, stack.id);
    addBackend(this, context.environment, context.settings);
    if (stack.family === "aws") addAwsProvider(this, stack.region, context);
    if (platform && providers.includes("kubernetes")) addKubernetesProvider(this, platform);
    if (platform && providers.includes("helm")) addHelmProvider(this, platform);
    if (providers.includes("vault")) addVaultProvider(this);
  }
}

/** Writes the stacks that remove what left an environment. */
export function synthesizeLeft(context: StackContext, left: readonly LeftStack[], outdir: string): void {
  const app = new App({ outdir });
  for (const stack of left) new ProvidersStack(app, context, stack);
  app.synth();
}
