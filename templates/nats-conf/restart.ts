import { createHash } from "node:crypto";
import { reloadableKeys } from "../../model/change";
import type { Trust } from "../../model/config";
import { type ClusterTopology, calloutKeys, type Topology, usersElsewhere } from "../../model/topology";
import { type ConfObject, type ConfValue, isBlock, printConf } from "./tree";

/**
 * Part of a configuration that only a restart can change. The list of reloadable keys is closed: one key that cannot be
 * reloaded makes the server refuse the whole reload, renewed certificates included. So a key that is not known to work
 * needs a restart.
 */
export function restartPart(object: ConfObject, path = ""): ConfObject {
  const kept = Object.entries(object).flatMap(([key, value]): [string, ConfValue][] => {
    const keyPath = path ? `${path}.${key}` : key;
    if (value === undefined || reloadableKeys.includes(keyPath.toLowerCase())) return [];
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
 * The same of a deployed server. In operator mode its keys are in account JWTs, and so are the users that it refuses,
 * those of other clusters among them. Once it has loaded them, it reads them from a configuration only at its start
 * (2.14.5): so it is restarted when they are others.
 */
export const deployedDigest = (
  object: ConfObject,
  { topology, trust, cluster }: { topology: Topology; trust: Trust; cluster: ClusterTopology },
): string => {
  if (topology.identity.mode !== "operator") return restartDigest(object);
  const refused = [...usersElsewhere(trust, cluster.name), ...(trust.revoked ?? [])];
  const keys = calloutKeys(topology, trust, cluster.name);
  return restartDigest({ ...object, keys, ...(refused.length > 0 && { refused }) });
};
