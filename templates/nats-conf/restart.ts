import { createHash } from "node:crypto";
import { reloadableKeys } from "../../model/change";
import type { Trust } from "../../model/config";
import { calloutKeys, type Topology } from "../../model/topology";
import { type ConfObject, type ConfValue, isBlock, printConf } from "./tree";

/**
 * Part of a configuration that only a restart can change. The list of reloadable keys is closed: one key that cannot be
 * reloaded makes the server refuse the whole reload, renewed certificates included. So a key that is not known to work
 * needs a restart.
 */
export function restartPart(object: ConfObject, path = ""): ConfObject {
  const kept = Object.entries(object).flatMap(([key, value]): [string, ConfValue][] => {
    const keyPath = path ? `${path}.${key}` : key;
    if (value === undefined || reloadableKeys.includes(keyPath)) return [];
    return [[key, isBlock(value) ? restartPart(value, keyPath) : value]];
  });
  return Object.fromEntries(kept);
}

/** Digest that is equal for two configurations exactly when a reload leads from one to the other. */
export function restartDigest(object: ConfObject): string {
  return createHash("sha256")
    .update(printConf(restartPart(object)))
    .digest("hex");
}

/**
 * The same of a deployed server. In operator mode its keys are in account JWTs. Once it has loaded them, it reads them
 * from a configuration only at its start (2.14.5): so it is restarted when they are rotated.
 */
export const deployedDigest = (object: ConfObject, topology: Topology, trust: Trust): string =>
  restartDigest(topology.identity.mode === "operator" ? { ...object, keys: calloutKeys(topology, trust) } : object);
