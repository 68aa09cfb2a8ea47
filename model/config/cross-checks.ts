import { nameLengths, privateCa, sharedRegions } from "./checks/aws";
import { backupBuckets } from "./checks/backups";
import { hasClusters, leafLinks, sizes, vaultIssuer } from "./checks/clusters";
import { fleets } from "./checks/fleet";
import { foreignLeafs } from "./checks/foreign-leafs";
import { httpGateways } from "./checks/http-gateway";
import { programDigests } from "./checks/images";
import { ingresses, metricsReaders, natsBoxUsers, watchedExporters } from "./checks/kubernetes";
import { linkRights } from "./checks/links";
import { prototypeKeys, serverNames, uniqueNames } from "./checks/names";
import { conditions } from "./checks/permissions";
import { type Check, dict, text } from "./checks/raw";
import { accountReferences, reservedAccounts, streamReferences, usesReferences } from "./checks/references";
import { sharing } from "./checks/sharing";
import { gates, versions } from "./checks/versions";
import type { Problem } from "./problem";

/** Problems between parts of an environment, each of which may be right in itself. */
export function crossChecks(input: unknown, expectedName?: string): Problem[] {
  const env = dict(input);
  const checks: Check[] = [
    hasClusters,
    versions,
    gates,
    reservedAccounts,
    accountReferences,
    streamReferences,
    usesReferences,
    sharing,
    uniqueNames,
    serverNames,
    prototypeKeys,
    sizes,
    leafLinks,
    foreignLeafs,
    httpGateways,
    fleets,
    linkRights,
    vaultIssuer,
    sharedRegions,
    nameLengths,
    privateCa,
    conditions,
    ingresses,
    watchedExporters,
    metricsReaders,
    natsBoxUsers,
    programDigests,
    backupBuckets,
  ];
  const problems = checks.flatMap((check) => check(env));
  if (expectedName !== undefined && text(env.name) !== undefined && env.name !== expectedName) {
    problems.push({
      path: ["name"],
      got: env.name,
      message: `must be the name of its file, "${expectedName}": stack ids begin with it`,
      fix: `set it to "${expectedName}", or rename the file`,
    });
  }
  return problems;
}
