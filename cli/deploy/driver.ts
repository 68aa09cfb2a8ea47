import type { PlannedStack } from "../../model/topology";
import type { Progress, Step } from "../core/output";
import type { DeployRow } from "../core/rows";
import type { DeployTarget } from "./target";

/** What is done for the stacks of one family beside the steps that are the same everywhere: plan, ask, apply. */
export interface DeployDriver<Stack extends PlannedStack> {
  /**
   * Whom a deployment would change, in lines for people.
   *
   * @throws UserError when it does not know who calls
   */
  describeTarget(target: DeployTarget, stacks: readonly Stack[]): Promise<string[]>;
  /**
   * Addresses of resources that Terraform finds as they were applied, and whose work somebody has undone: they are made
   * again. What was seen of it is said.
   *
   * @param changed addresses that Terraform changes by itself
   */
  drifted(target: DeployTarget, stack: Stack, changed: readonly string[], show: Progress): Promise<string[]>;
  /** Looks whether an apply of the stack can succeed, and mends what an earlier one left behind. @throws UserError */
  before(target: DeployTarget, stack: Stack, progress: Progress): Promise<void>;
  /** What Terraform must not see or cannot do, and later stacks need; `undefined` when nothing. */
  after(target: DeployTarget, stack: Stack): Step | undefined;
  /** What else is known of an apply that failed, for people. */
  explain(target: DeployTarget, stack: Stack): Promise<string[]>;
  /** What is left to do once every stack is applied. */
  finish(target: DeployTarget, stacks: readonly Stack[]): Step[];
  /** Looks at what was deployed; waits for what takes its time. */
  check(target: DeployTarget, stacks: readonly Stack[]): Promise<DeployRow[]>;
  /** What is still there after everything was destroyed, and meant to be. */
  retainedResources(target: DeployTarget, stacks: readonly Stack[]): Promise<string[]>;
}
