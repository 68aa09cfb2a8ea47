import type { PlannedStack } from "../../model/topology";
import type { DeployRow } from "../core/rows";
import type { Progress, Step } from "../core/steps";
import type { StackPlan } from "./plan";
import type { StackState } from "./states/state";
import type { DeployTarget } from "./target";

/** Steps for the stacks of one family, besides those that all share: plan, confirm, apply. */
export interface DeployDriver<Stack extends PlannedStack> {
  /**
   * The accounts and clusters that a deployment would change, as text lines.
   *
   * @throws UserError when the caller's credentials are not accepted
   */
  describeTarget(target: DeployTarget, stacks: readonly Stack[]): Promise<string[]>;
  /**
   * Refuses a deployment that could not end well, before anything is changed.
   *
   * @throws UserError
   */
  refuse(target: DeployTarget, stacks: readonly Stack[]): Promise<void>;
  /**
   * Resources of the environment that are there although the stack's state is empty, as text lines: an apply would make
   * them a second time.
   */
  unknownToState(target: DeployTarget, stack: Stack): Promise<string[]>;
  /**
   * Why what the stack's state knows is elsewhere than where it would be deployed to, as a text line: Terraform would find
   * nothing of it, and make everything a second time.
   */
  elsewhere(target: DeployTarget, stack: Stack, state: StackState): Promise<string | undefined>;
  /**
   * Certificates of a stack's servers that their program issues again at its next run: by id, the reason.
   *
   * @throws when they cannot be looked at
   */
  due(target: DeployTarget, stack: Stack, now: Date): Promise<Record<string, string>>;
  /**
   * Addresses of resources that Terraform finds unchanged although their effect has been undone: they are created
   * again. The drift is shown.
   *
   * @param changed addresses that Terraform changes by itself
   */
  drifted(target: DeployTarget, stack: Stack, changed: readonly string[], show: Progress): Promise<string[]>;
  /**
   * Checks that an apply of the stack can succeed, and repairs what an interrupted one left behind.
   *
   * @throws UserError
   */
  before(target: DeployTarget, stack: Stack, progress: Progress): Promise<void>;
  /** Applies the plan of a stack that was made last: nothing that is not in it. */
  apply(target: DeployTarget, stack: Stack, plan: StackPlan, progress: Progress): Promise<void>;
  /** Step after an apply that later stacks need and Terraform must not see or cannot do; `undefined` without one. */
  after(target: DeployTarget, stack: Stack): Step | undefined;
  /** Further information about a failed apply, as text lines. */
  explain(target: DeployTarget, stack: Stack): Promise<string[]>;
  /** Steps after all stacks are applied. */
  finish(target: DeployTarget, stacks: readonly Stack[]): Step[];
  /** Checks the deployment; waits for changes that take time. */
  check(target: DeployTarget, stacks: readonly Stack[]): Promise<DeployRow[]>;
  /** Resources that are kept on purpose when everything is destroyed. */
  retainedResources(target: DeployTarget, stacks: readonly Stack[]): Promise<string[]>;
}
