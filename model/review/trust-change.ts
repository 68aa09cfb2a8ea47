import type { Trust } from "../config";
import type { TrustChange } from "./model";

/** Public keys of a trust file by their places in it. */
function keysOf(trust: Trust): Map<string, string> {
  const sets = [
    ["", trust] as const,
    ...Object.entries(trust.clusters ?? {}).map(([name, set]) => [`clusters.${name}.`, set] as const),
  ];
  const keys = sets.flatMap(([at, { issuer, xkey, users }]) => [
    [`${at}issuer`, issuer],
    [`${at}xkey`, xkey],
    ...Object.entries(users).map(([name, key]) => [`${at}users.${name}`, key]),
  ]);
  const accounts = Object.entries(trust.accounts).flatMap(([name, { publicKey, signingKey }]) => [
    [`accounts.${name}.publicKey`, publicKey],
    ...(signingKey === undefined ? [] : [[`accounts.${name}.signingKey`, signingKey]]),
  ]);
  const operator = trust.operator ? [["operator.publicKey", trust.operator.publicKey]] : [];
  return new Map([...keys, ...accounts, ...operator] as [string, string][]);
}

/** Keys that another trust file knows and that are others there. A key that is new or gone belongs to a change of the environment. */
export function trustChange(before: Trust, after: Trust): TrustChange {
  const now = keysOf(after);
  const previous = new Set(
    [after, ...Object.values(after.clusters ?? {})].flatMap((set) => Object.values(set.previous ?? {})),
  );
  const changed = [...keysOf(before)].filter(([name, key]) => now.has(name) && now.get(name) !== key);
  return {
    changed: changed.map(([name]) => `trust.${name}`),
    withoutOverlap: changed
      .filter(([name, key]) => /(^|\.)(issuer|xkey|signingKey)$/.test(name) && !previous.has(key))
      .map(([name]) => `trust.${name}`),
  };
}
