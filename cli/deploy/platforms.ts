import { type DeployedStack, isAws, isKubernetes } from "../../model/topology";
import { awsPlatform } from "./aws/platform";
import { kubernetesPlatform } from "./kubernetes/platform";
import type { DeployPlatform } from "./platform";

/** What each of the stacks' platforms says, for those that there are. */
async function ofBoth<T>(
  stacks: readonly DeployedStack[],
  ask: <Stack extends DeployedStack>(platform: DeployPlatform<Stack>, own: readonly Stack[]) => Promise<T[]>,
): Promise<T[]> {
  const [aws, kubernetes] = [stacks.filter(isAws), stacks.filter(isKubernetes)];
  const said = [
    aws.length > 0 ? ask(awsPlatform, aws) : [],
    kubernetes.length > 0 ? ask(kubernetesPlatform, kubernetes) : [],
  ];
  return (await Promise.all(said)).flat();
}

/** Every platform as one: a stack goes to its own. */
export const platforms: DeployPlatform<DeployedStack> = {
  introduce: (target, stacks) => ofBoth(stacks, (platform, own) => platform.introduce(target, own)),
  undone: (target, stack, changed, say) =>
    isAws(stack)
      ? awsPlatform.undone(target, stack, changed, say)
      : kubernetesPlatform.undone(target, stack, changed, say),
  before: (target, stack, progress) =>
    isAws(stack) ? awsPlatform.before(target, stack, progress) : kubernetesPlatform.before(target, stack, progress),
  after: (target, stack) => (isAws(stack) ? awsPlatform.after(target, stack) : kubernetesPlatform.after(target, stack)),
  explain: (target, stack) =>
    isAws(stack) ? awsPlatform.explain(target, stack) : kubernetesPlatform.explain(target, stack),
  finish: (target, stacks) => [
    ...awsPlatform.finish(target, stacks.filter(isAws)),
    ...kubernetesPlatform.finish(target, stacks.filter(isKubernetes)),
  ],
  check: (target, stacks) => ofBoth(stacks, (platform, own) => platform.check(target, own)),
  remains: (target, stacks) => ofBoth(stacks, (platform, own) => platform.remains(target, own)),
};
