import { readFileSync } from "node:fs";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Trust } from "../../model/config";
import { loadTrust, trustFile } from "../../model/config/load";
import type { PlannedStack } from "../../model/topology";
import {
  announcedClusters,
  type ClusterTopology,
  isOnKubernetes,
  knownAuthority,
  leafPeers,
  platformModel,
  type Topology,
} from "../../model/topology";
import { trustedAuthorities } from "../../runtime/certificate-renewal/decide";
import { readPem, unionPem } from "../../runtime/x509/pem";
import type { Host } from "../core/host";
import { shownPath, UserError } from "../core/project";
import { runStep } from "../core/steps";
import { authorityPem, deployedLeafAuthority } from "../keys/leaf-authority";
import { recordAuthorities, writeTrust } from "../keys/trust-file";
import { synthesizeStacks } from "./steps";
import { accessOf, clientConfig, type DeployTarget, stackFolder } from "./target";

export interface RecordedAuthorities {
  /** Clusters whose authority was written to the trust file. */
  noted: string[];
  /** Authorities that could not be read, as text lines. */
  unread: string[];
  /** The target with the current trust file. */
  target: DeployTarget;
}

/**
 * Writes to the trust file which authority signs each cluster's leaf certificates, for the clusters linked to it: a
 * deployment creates authorities, so they are known only afterwards. One that cannot be read stays as it was.
 *
 * @throws UserError when another process has changed the rest of the trust file meanwhile
 */
export async function recordDeployedAuthorities(target: DeployTarget, host: Host): Promise<RecordedAuthorities> {
  const { root, environment, trust } = target;
  const { authorities, unread } = await exchangedAuthorities(target);
  const noted = Object.keys(authorities);
  if (noted.length === 0) return { noted, unread, target };
  const path = trustFile(environment.name, root);
  if (!sameKeys(loadTrust(path, root), trust))
    throw new UserError(
      `${shownPath(root, path)} was changed while this deployment ran`,
      `run natsform deploy ${environment.name} again`,
    );
  recordAuthorities(path, root, authorities);
  host.report({
    code: "notice",
    text: `${shownPath(root, path)}: authorities of ${noted.join(", ")} written; commit it`,
  });
  return {
    noted,
    unread,
    target: { ...target, trust: loadTrust(path, root), authoritiesBefore: trust.authorities ?? {} },
  };
}

/**
 * The target with the trust file that a deployment would write, beside the stacks that are planned with it. The trust file of
 * the project stays as it is.
 */
export async function withExchangedAuthorities(target: DeployTarget, host: Host): Promise<DeployTarget> {
  const { root, environment, trust, out } = target;
  const { authorities } = await exchangedAuthorities(target);
  const names = Object.keys(authorities);
  if (names.length === 0) return target;
  const path = shownPath(root, trustFile(environment.name, root));
  host.report({ code: "notice", text: `${path}: a deployment writes other authorities of ${names.join(", ")} to it` });
  const next = { ...trust, authorities: { ...trust.authorities, ...authorities } };
  const trustFolder = join(out, "trust");
  writeTrust(join(trustFolder, `${environment.name}.trust.json`), next);
  return { ...target, trust: next, trustFolder, authoritiesBefore: trust.authorities ?? {} };
}

/** Authorities of deployed clusters that the trust file does not hold yet, with those that it does; what cannot be read. */
async function exchangedAuthorities(
  target: DeployTarget,
): Promise<Pick<RecordedAuthorities, "unread"> & { authorities: Record<string, string> }> {
  const { topology, trust } = target;
  const now = new Date();
  const authorities: Record<string, string> = {};
  const unread: string[] = [];
  for (const cluster of announcedClusters(topology)) {
    const before = knownAuthority(trust.authorities ?? {}, cluster.name);
    try {
      const after = mergeAuthority(before, await readDeployedAuthority(target, cluster), now);
      if (after !== before) authorities[cluster.name] = after;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unread.push(unreadAuthority(topology, cluster, before, error.message));
    }
  }
  return { authorities, unread };
}

/** True when trust files differ in authorities at most; otherwise servers and responders could use different keys. */
export const sameKeys = (one: Trust, other: Trust): boolean =>
  isDeepStrictEqual({ ...one, authorities: undefined }, { ...other, authorities: undefined });

/**
 * Merges the deployed authority of a cluster with the known one, which is kept until it ends: so certificates of both
 * are accepted during a change. Returns the text of before when nothing is new.
 *
 * @throws UserError when the deployed one is not an authority
 */
export function mergeAuthority(before: string | undefined, shown: string, now: Date): string {
  const after = trustedAuthorities(readable(before), [authorityPem(shown, now)], now);
  return before !== undefined && unionPem([before]) === after ? before : after;
}

/** @throws UserError when the text contains anything but certificates */
function readable(pem: string | undefined): string | undefined {
  try {
    if (pem !== undefined) readPem(pem);
    return pem;
  } catch {
    throw new UserError("the trust file holds something else than certificates of it");
  }
}

function readDeployedAuthority(target: DeployTarget, cluster: ClusterTopology): Promise<string> {
  const { platform, name } = cluster;
  const region = platformModel(platform).region(platform);
  return deployedLeafAuthority(target.topology, cluster, {
    ...(isOnKubernetes(cluster) && { kubectl: accessOf(target, name).kubectl }),
    ...(region !== undefined && { aws: clientConfig(target, region) }),
  });
}

/** Message about a cluster's authority that could not be read, and what to do. */
export function unreadAuthority(
  topology: Topology,
  cluster: ClusterTopology,
  before: string | undefined,
  message: string,
): string {
  const [reason = ""] = message.split("\n");
  const failure = `cannot read the authority of ${cluster.name}: ${reason}`;
  if (before !== undefined) return `${failure}; the one in the trust file is kept`;
  const peers = [...leafPeers(topology, cluster), ...cluster.foreignLeafs].map(({ name }) => name);
  return `${failure}; links with ${peers.join(", ")} need natsform keys authority ${topology.environment} ${cluster.name}, and then another deploy`;
}

/** Synthesizes again. @returns the stacks that have changed, in their order */
export async function synthesizedAgain(
  target: DeployTarget,
  stacks: readonly PlannedStack[],
  host: Host,
): Promise<PlannedStack[]> {
  const textOf = ({ id }: PlannedStack) => readFileSync(join(stackFolder(target, id).path, "cdk.tf.json"), "utf8");
  const before = new Map(stacks.map((stack) => [stack.id, textOf(stack)]));
  await runStep(host, {
    title: "Stacks with these authorities",
    work: async () => void (await synthesizeStacks(target)),
  });
  return stacks.filter((stack) => textOf(stack) !== before.get(stack.id));
}
