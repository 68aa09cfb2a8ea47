import type { ListrTask } from "listr2";
import { removeEmulator } from "../emulator/start";
import { UserError } from "../project";
import { type EmulatedState, leftovers } from "./emulated";
import { initStack } from "./plan";
import type { DeployedStack } from "./stacks";
import { type DeployTarget, stackFolder } from "./target";
import { terraform } from "./terraform";
import { refuseFailure } from "./terraform-messages";

/** Removes what one stack made. @returns how many resources it removed */
export async function destroyStack(
  target: DeployTarget,
  { id }: DeployedStack,
  progress: (text: string) => void,
): Promise<number> {
  await initStack(target, id);
  const destroyed = await terraform(stackFolder(target, id), ["destroy", "-json", "-auto-approve"], progress);
  refuseFailure(id, destroyed);
  return destroyed.summary?.remove ?? 0;
}

/** Steps that remove every stack from the emulated AWS, the last applied first, look at what is left, and end it. */
export function destroyEmulated(): ListrTask<EmulatedState>[] {
  return [
    {
      title: "Destroy",
      task: async ({ target, stacks }, task) => {
        let removed = 0;
        for (const stack of [...stacks].reverse())
          removed += await destroyStack(target, stack, (text) => {
            task.output = text;
          });
        task.title = `Destroy: ${removed} resources removed`;
      },
    },
    {
      title: "Nothing is left",
      task: async ({ target }) => {
        const left = await leftovers(target);
        if (left.length > 0) throw new UserError(`left behind on the emulated AWS:\n  ${left.join("\n  ")}`);
      },
    },
    {
      title: "Stop the emulated AWS",
      task: async ({ target }) => {
        if (target.emulator) await removeEmulator(target.emulator.folder);
      },
    },
  ];
}
