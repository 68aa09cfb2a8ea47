import { nearest } from "../known-keys";
import type { Problem } from "../problem";

export type Dict = Record<string, unknown>;
export type Check = (env: Dict) => Problem[];

/*
 * These checks read the raw input, not the parsed one: they must speak even when the schema has refused a part of it,
 * so that every error is reported at once. What cannot be read is passed over, since the schema has named it already.
 */
export const isDict = (value: unknown): value is Dict =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const dict = (value: unknown): Dict => (isDict(value) ? value : {});
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

export const clustersOf = (env: Dict) =>
  Object.entries(dict(env.clusters)).map(([name, value]) => [name, dict(value)] as const);
/** `undefined` when it cannot be determined. */
export const accountsOf = (env: Dict): string[] | undefined =>
  env.accounts === undefined ? ["APP"] : isDict(env.accounts) ? Object.keys(env.accounts) : undefined;

/** Servers of a cluster as the schema will count them; `undefined` when that cannot be read. */
export function sizeOf(cluster: Dict): number | undefined {
  const platform = dict(cluster.platform);
  if (platform.kind === "hosts" && Array.isArray(platform.hosts)) return platform.hosts.length;
  if (cluster.size === undefined) return 3;
  return Number.isInteger(cluster.size) ? (cluster.size as number) : undefined;
}

export function unknownName(path: Problem["path"], got: string, what: string, known: readonly string[]): Problem {
  const near = nearest(got, known);
  return {
    path,
    got,
    message: `names no ${what} of this environment`,
    fix: near ? `did you mean "${near}"?` : `known: ${known.join(", ") || "none"}`,
  };
}
