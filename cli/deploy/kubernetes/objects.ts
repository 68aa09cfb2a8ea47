import { z } from "zod";
import { errorMessage } from "../../../runtime/common/error-message";
import { counted } from "../../core/counted";
import { UserError } from "../../core/project";
import { checkRow, type DeployRow } from "../../core/rows";
import type { Progress } from "../../core/steps";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { asInput, compareObjects, judgeObjects, type ReleaseState, titleOf } from "./compare-objects";
import { type Manifest, releasedOf } from "./released";

const Found = z.union([
  z.object({ kind: z.literal("List"), items: z.array(z.looseObject({})) }),
  z.looseObject({ kind: z.string() }),
]);

/**
 * Compares what Helm has released with what is there. Helm itself compares its revisions alone: an object that somebody
 * deleted would be missing for ever. `undefined` before the first release.
 */
export async function releaseState(target: DeployTarget, name: string): Promise<ReleaseState | undefined> {
  const released = await releasedOf(target, name);
  if (!released) return undefined;
  const { objects } = released;
  const live = await aboutObjects(target, name, objects, "get", "--ignore-not-found");
  // As Kubernetes itself would merge, default and admit it: nothing is written.
  const wanted = await aboutObjects(target, name, objects, "apply", "--dry-run=server").catch(() => []);
  return compareObjects(objects, live, wanted);
}

/** Runs kubectl with objects on its input, and returns those that it answers with. */
async function aboutObjects(target: DeployTarget, name: string, objects: readonly Manifest[], ...args: string[]) {
  const { namespace, kubectl } = clusterAccess(target, name);
  const [verb = "", ...options] = args;
  const found: Manifest[] = [];
  for (const [inside, some] of byNamespace(objects, namespace)) {
    const result = await kubectl.runWith(asInput(some), ...inside, verb, "-f", "-", ...options, "--output", "json");
    if (result.code !== 0) throw new UserError(result.stderr.trim().split("\n")[0] ?? "");
    if (result.stdout.trim() === "") continue;
    const answer = Found.parse(JSON.parse(result.stdout));
    found.push(...(("items" in answer ? (answer.items as unknown[]) : [answer]) as Manifest[]));
  }
  return found;
}

/** Objects with kubectl's arguments about their namespace: it refuses those that name another one than it is given. */
function byNamespace(objects: readonly Manifest[], namespace: string): [readonly string[], Manifest[]][] {
  const isInside = ({ metadata }: Manifest) => (metadata.namespace ?? namespace) === namespace;
  const groups: [readonly string[], Manifest[]][] = [
    [["--namespace", namespace], objects.filter(isInside)],
    [[], objects.filter((object) => !isInside(object))],
  ];
  return groups.filter(([, some]) => some.length > 0);
}

/** Shows which objects of the release are missing, in a plan. */
export async function showMissingObjects(target: DeployTarget, name: string, show: Progress): Promise<void> {
  const state = await releaseState(target, name).catch((error: unknown) =>
    show(`the objects of the release cannot be compared: ${errorMessage(error).split("\n")[0]}`),
  );
  const missing = state?.missing ?? [];
  if (missing.length > 0)
    show(
      `${missing.map(titleOf).join(", ")} of the release ${missing.length > 1 ? "are" : "is"} missing, and made again`,
    );
}

/** How long servers may take that come back with their StatefulSet. */
const patience = "15m";

/**
 * Makes the objects of a release again that are missing. What was changed by hand is left as it is; a row names it.
 *
 * @returns what was done, for people
 */
export async function restoreObjects(target: DeployTarget, name: string, progress: Progress): Promise<string> {
  const { namespace, names, kubectl, inside } = clusterAccess(target, name);
  const state = await releaseState(target, name);
  for (const object of state?.missing ?? []) {
    await aboutObjects(target, name, [asReleased(object, names.release, namespace)], "create");
    progress(`${titleOf(object)} made again`);
  }
  const set = state?.missing.find(({ kind }) => kind === "StatefulSet");
  if (set) {
    const args = ["rollout", "status", `statefulset/${set.metadata.name}`, `--timeout=${patience}`];
    await kubectl.runWith("", ...inside, ...args);
  }
  return `${counted(state?.released.length ?? 0, "object")}, ${state?.missing.length ?? 0} made again`;
}

/** With the marks by which Helm knows its own. */
const asReleased = (object: Manifest, release: string, namespace: string): Manifest => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: {
      ...object.metadata.annotations,
      "meta.helm.sh/release-name": release,
      "meta.helm.sh/release-namespace": namespace,
    },
  },
});

/** Every object of the release is there. What somebody changed in one is named: the next upgrade may undo it. */
export async function checkObjects(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { names } = clusterAccess(target, name);
  return [
    await checkRow("pods", `release ${names.release}`, async () => judgeObjects(await releaseState(target, name))),
  ];
}
