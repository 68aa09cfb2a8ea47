import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { counted } from "../../core/counted";
import { UserError } from "../../core/project";
import { checkRow, type DeployRow } from "../../core/rows";
import type { Progress, Step } from "../../core/steps";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { type Manifest, releasedOf } from "./released";

const Found = z.union([
  z.object({ kind: z.literal("List"), items: z.array(z.looseObject({})) }),
  z.looseObject({ kind: z.string() }),
]);

/** Objects of a release that are not there, and those in which something else stands than was released. */
export interface ReleaseState {
  released: readonly Manifest[];
  missing: readonly Manifest[];
  changed: readonly string[];
}

const titleOf = ({ kind, metadata }: Pick<Manifest, "kind" | "metadata">) => `${kind} ${metadata.name}`;

/**
 * Compares what Helm has released with what is there. Helm itself compares its revisions alone: an object that somebody
 * deleted would be missing for ever. `undefined` before the first release.
 */
export async function releaseState(target: DeployTarget, name: string): Promise<ReleaseState | undefined> {
  const released = await releasedOf(target, name);
  if (!released) return undefined;
  const { objects } = released;
  const live = await readObjects(target, name, objects, "get", "--ignore-not-found");
  // As Kubernetes itself would merge, default and admit it: nothing is written.
  const wanted = await readObjects(target, name, objects, "apply", "--dry-run=server").catch(() => []);
  return compareObjects(objects, live, wanted);
}

async function readObjects(target: DeployTarget, name: string, objects: readonly Manifest[], ...args: string[]) {
  const { kubectl, inside } = clusterAccess(target, name);
  const [verb = "", ...options] = args;
  const result = await kubectl.runWith(
    asInput(objects),
    ...inside,
    verb,
    "--filename",
    "-",
    ...options,
    "--output",
    "json",
  );
  if (result.code !== 0) throw new UserError(result.stderr.trim().split("\n")[0] ?? "");
  if (result.stdout.trim() === "") return [];
  const found = Found.parse(JSON.parse(result.stdout));
  return ("items" in found ? (found.items as unknown[]) : [found]) as Manifest[];
}

/** What kubectl takes from standard input: of documents in JSON it reads one alone. */
export const asInput = (items: readonly Manifest[]): string =>
  JSON.stringify({ apiVersion: "v1", kind: "List", items });

/** @param wanted the live objects as they would be with what was released; empty where that cannot be known */
export function compareObjects(
  released: readonly Manifest[],
  live: readonly Manifest[],
  wanted: readonly Manifest[],
): ReleaseState {
  const find = (list: readonly Manifest[], one: Manifest) => list.find((other) => titleOf(other) === titleOf(one));
  const missing = released.filter((one) => !find(live, one));
  const changed = released.flatMap((one) => {
    const [is, should] = [find(live, one), find(wanted, one)];
    const paths = is && should ? differences(withoutRecords(is), withoutRecords(should)) : [];
    return paths.length > 0 ? [`${titleOf(one)}: ${paths.slice(0, 3).join(", ")}`] : [];
  });
  return { released, missing, changed };
}

/** Without what Kubernetes and kubectl write about an object. */
function withoutRecords({ metadata, status: _, ...object }: Manifest): Record<string, unknown> {
  const { managedFields, generation, resourceVersion, uid, creationTimestamp, ...kept } = metadata;
  const { "kubectl.kubernetes.io/last-applied-configuration": applied, ...annotations } = metadata.annotations ?? {};
  return { ...object, metadata: { ...kept, annotations } };
}

function differences(is: unknown, should: unknown, path = ""): string[] {
  if (isDeepStrictEqual(is, should)) return [];
  const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
  if (!isMap(is) || !isMap(should) || Array.isArray(is) !== Array.isArray(should)) return [path];
  const keys = [...new Set([...Object.keys(is), ...Object.keys(should)])];
  return keys.flatMap((key) => differences(is[key], should[key], path ? `${path}.${key}` : key));
}

/** Shows which objects of the release are missing, in a plan. */
export async function showMissingObjects(target: DeployTarget, name: string, show: Progress): Promise<void> {
  const missing = (await releaseState(target, name))?.missing ?? [];
  if (missing.length > 0)
    show(
      `${missing.map(titleOf).join(", ")} of the release ${missing.length > 1 ? "are" : "is"} missing, and made again`,
    );
}

/** How long servers may take that come back with their StatefulSet. */
const patience = "15m";

/** Makes the objects of a release again that are missing. What was changed by hand is left as it is; a row names it. */
export const restoreObjects = (target: DeployTarget, name: string): Step => ({
  title: `Objects of ${name}`,
  work: async (progress) => {
    const { namespace, names, kubectl, inside } = clusterAccess(target, name);
    const state = await releaseState(target, name);
    for (const object of state?.missing ?? []) {
      const input = JSON.stringify(asReleased(object, names.release, namespace));
      const made = await kubectl.runWith(input, ...inside, "create", "--filename", "-");
      if (made.code !== 0) throw new UserError(`${titleOf(object)}: ${made.stderr.trim().split("\n")[0]}`);
      progress(`${titleOf(object)} made again`);
    }
    const set = state?.missing.find(({ kind }) => kind === "StatefulSet");
    if (set) {
      const args = ["rollout", "status", `statefulset/${set.metadata.name}`, `--timeout=${patience}`];
      await kubectl.runWith("", ...inside, ...args);
    }
    return `${counted(state?.released.length ?? 0, "object")}, ${state?.missing.length ?? 0} made again`;
  },
});

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

export function judgeObjects(state: ReleaseState | undefined) {
  if (!state) return { ok: false, seen: "there is no release" };
  const { released, missing, changed } = state;
  const problems = [
    ...(missing.length > 0 ? [`missing: ${missing.map(titleOf).join(", ")}`] : []),
    ...(changed.length > 0 ? [`changed by hand: ${changed.join("; ")}`] : []),
  ];
  const count = released.length - missing.length - changed.length;
  const seen = [`${count} of ${counted(released.length, "object")} as released`, ...problems].join("; ");
  return { ok: missing.length === 0, warns: changed.length > 0, seen };
}
