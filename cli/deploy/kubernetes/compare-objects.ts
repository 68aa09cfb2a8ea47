import { isDeepStrictEqual } from "node:util";
import { counted } from "../../core/counted";
import type { CheckResult } from "../../core/rows";
import type { Manifest } from "./released";

/** Objects of a release that are not there, and those in which something else stands than was released. */
export interface ReleaseState {
  released: readonly Manifest[];
  missing: readonly Manifest[];
  changed: readonly string[];
}

/** As people call it: `ConfigMap nats-config`. */
export const titleOf = ({ kind, metadata }: Pick<Manifest, "kind" | "metadata">) => `${kind} ${metadata.name}`;

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

export function judgeObjects(state: ReleaseState | undefined): CheckResult {
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
