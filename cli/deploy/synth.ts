import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadBuilt } from "../../bin/compiled";
import type { SynthSettings } from "../../modules/terraform/settings";
import type * as synthesis from "../../stacks/synthesis";
import { UserError } from "../core/project";

/**
 * Writes the stacks of an environment, and the code that they refer to.
 *
 * @param out folder for them: `cdktf.out` of the project, or the emulator's
 * @throws UserError with every reason why it cannot be done
 */
export async function synthesize(settings: SynthSettings, out: string): Promise<void> {
  // Loaded here: the constructs are large, and the commands that look at a deployment do without them.
  const { loadContexts, problemTexts, synthesize, writeCode }: typeof synthesis = loadBuilt("synthesis.cjs", "deploy");
  const today = new Date().toISOString().slice(0, 10);
  const contexts = await loadContexts(settings, today).catch((error: unknown) => {
    throw new UserError(
      `${settings.environments.join(", ")} cannot be synthesized:\n${problemTexts(error).join("\n")}`,
    );
  });
  writeCode(settings.root);
  synthesize(contexts, out);
}

export const isSynthesized = (folder: string) => existsSync(join(folder, "cdk.tf.json"));
