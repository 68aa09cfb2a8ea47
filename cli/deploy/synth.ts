import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadBuilt } from "../../bin/compiled";
import type { SynthSettings } from "../../modules/terraform/settings";
import { errorMessage } from "../../runtime/common/error-message";
import type { LeftStack } from "../../stacks/left";
import type * as synthesis from "../../stacks/synthesis";
import { UserError } from "../core/project";

export type { SynthSettings };

/**
 * Writes the stacks of an environment, and the code that they refer to.
 *
 * @param out folder for them: `cdktf.out` of the project, or the emulator's
 * @throws UserError with every reason why it cannot be done
 */
export async function synthesize(settings: SynthSettings, out: string): Promise<void> {
  const { synthesize, writeCode } = load();
  const contexts = await contextsOf(settings);
  try {
    const topologies = contexts.map(({ topology }) => topology);
    writeCode(settings.root, topologies);
  } catch (error) {
    throw new UserError(errorMessage(error), "mend them, or what identity.services says of them");
  }
  synthesize(contexts, out);
}

/** Writes stacks that are no longer in the environment, with their providers alone: they can only be destroyed. */
export async function synthesizeLeft(settings: SynthSettings, left: readonly LeftStack[], out: string): Promise<void> {
  // What stands against the environment is no reason to keep what is no longer in it.
  const [context] = await contextsOf({ ...settings, destroy: true });
  if (context) load().synthesizeLeft(context, left, out);
}

/** Loaded when they are needed: the constructs are large, and the commands that look at a deployment do without them. */
const load = (): typeof synthesis => loadBuilt("synthesis.cjs", "deploy");

function contextsOf(settings: SynthSettings): ReturnType<typeof synthesis.loadContexts> {
  const { loadContexts, problemTexts } = load();
  const today = new Date().toISOString().slice(0, 10);
  return loadContexts(settings, today).catch((error: unknown) => {
    throw new UserError(
      `${settings.environments.join(", ")} cannot be synthesized:\n${problemTexts(error).join("\n")}`,
    );
  });
}

export const isSynthesized = (folder: string) => existsSync(join(folder, "cdk.tf.json"));
