import { isInFamily, type PlannedStack, type StackFamily, type StackOf } from "../../model/topology";
import { awsDriver } from "./aws/driver";
import type { DeployDriver } from "./driver";
import { kubernetesDriver } from "./kubernetes/driver";

/** One driver a family of stacks. */
const byFamily = { aws: awsDriver, kubernetes: kubernetesDriver } satisfies {
  [Family in StackFamily]: DeployDriver<StackOf<Family>>;
};
const families = Object.keys(byFamily) as StackFamily[];

/** The driver of a stack, for callers that have a stack of any family. */
const driverOf = ({ family }: PlannedStack) => byFamily[family] as DeployDriver<PlannedStack>;

type Ask<T> = (driver: DeployDriver<PlannedStack>, own: readonly PlannedStack[]) => T;

/** Calls the driver of every family that has stacks. */
const ask = <T>(stacks: readonly PlannedStack[], question: Ask<T>): T[] =>
  families.flatMap((family) => {
    const own = stacks.filter(isInFamily(family));
    const [first] = own;
    return first ? [question(driverOf(first), own)] : [];
  });

const askAll = async <T>(stacks: readonly PlannedStack[], question: Ask<Promise<T[]>>): Promise<T[]> =>
  (await Promise.all(ask(stacks, question))).flat();

/** All drivers as one: each stack is passed to the driver of its family. */
export const drivers: DeployDriver<PlannedStack> = {
  describeTarget: (target, stacks) => askAll(stacks, (driver, own) => driver.describeTarget(target, own)),
  refuse: async (target, stacks) => {
    await Promise.all(ask(stacks, (driver, own) => driver.refuse(target, own)));
  },
  elsewhere: (target, stack, state) => driverOf(stack).elsewhere(target, stack, state),
  unknownToState: (target, stack) => driverOf(stack).unknownToState(target, stack),
  due: (target, stack, now) => driverOf(stack).due(target, stack, now),
  drifted: (target, stack, changed, show) => driverOf(stack).drifted(target, stack, changed, show),
  before: (target, stack, progress) => driverOf(stack).before(target, stack, progress),
  apply: (target, stack, plan, progress) => driverOf(stack).apply(target, stack, plan, progress),
  after: (target, stack) => driverOf(stack).after(target, stack),
  explain: (target, stack) => driverOf(stack).explain(target, stack),
  finish: (target, stacks) => ask(stacks, (driver, own) => driver.finish(target, own)).flat(),
  check: (target, stacks) => askAll(stacks, (driver, own) => driver.check(target, own)),
  retainedResources: (target, stacks) => askAll(stacks, (driver, own) => driver.retainedResources(target, own)),
};
