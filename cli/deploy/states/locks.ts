import type { Host } from "../../core/host";
import { type TerraformFolder, terraform } from "../terraform";
import { refuseFailure, StateLocked } from "../terraform-messages";

/**
 * Does what takes the lock of a stack's state. Where a run that was killed has left it locked, it is released when the
 * caller says so: no confirmation of changes is one of that, since the other run may still be going on.
 *
 * @param release id of the lock to release without a question
 * @throws StateLocked with whose lock it is
 */
export async function unlocking<T>(
  folder: TerraformFolder,
  host: Host,
  release: string | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StateLocked)) throw error;
    const { id, who, operation, created } = error.lock;
    const question = `${folder.stack} is locked by ${who} (${operation}, since ${created}). Has that run ended, and shall its lock ${id} be released?`;
    if (release !== id && !(await host.confirm(question, "loss"))) throw error;
    const unlocked = await terraform(folder, ["force-unlock", "-force", id]);
    refuseFailure(folder.stack, unlocked);
    host.report({ code: "notice", text: `${folder.stack}: lock ${id} of ${who} released` });
    return work();
  }
}
