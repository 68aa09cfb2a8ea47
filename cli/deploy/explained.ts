import type { PlannedStack } from "../../model/topology";
import { UserError } from "../core/project";
import { drivers } from "./drivers";
import type { DeployTarget } from "./target";

/** Runs `work`; when it fails, adds the platform's own information to Terraform's message. */
export async function explained<T>(target: DeployTarget, stack: PlannedStack, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const more = await drivers.explain(target, stack);
    throw more.length === 0 ? error : new UserError([error.message, ...more].join("\n"));
  }
}
