import { type ClusterTopology, isOnKubernetes } from "../topology";
import { type EnvironmentRule, type LintContext, pathText } from "./context";
import type { Hit } from "./rule";

/** Checks that whoever takes a program or a bucket over can neither read the backups nor take them away. */

const toBucket = ({ backup }: ClusterTopology): boolean => backup !== undefined && !backup.to.startsWith("file:");

const clear: EnvironmentRule = {
  id: "backup-unencrypted",
  severity: "warning",
  title: "Backups are not encrypted",
  reason:
    "Every message of every account is read by whoever reads the target, and whoever writes to it can forge a backup that is restored: the seal of an unencrypted one is a checksum.",
  fix: "leave encrypt out",
  check: ({ topology }) =>
    topology.clusters
      .filter(({ backup }) => backup && !backup.encrypt)
      .map(({ name, backup }) => ({
        at: pathText("clusters", name, "backup", "encrypt"),
        message: `${backup?.to} holds messages in clear`,
      })),
};

const unlocked: EnvironmentRule = {
  id: "backup-unlocked",
  severity: "warning",
  title: "Nothing keeps the objects of backups from being deleted",
  reason:
    "What makes backups can add and nothing else, but what removes old ones can remove all, and so can whoever administers the bucket. Versions and a lock (S3 Object Lock, a retention policy of GCS) hold them all back for as long as the lock lasts.",
  fix: "have the bucket keep versions and lock objects for the retention, and set locked: true",
  check: ({ environment, topology }) =>
    topology.clusters
      .filter((cluster) => toBucket(cluster) && !environment.clusters[cluster.name]?.backup?.locked)
      .map(({ name, backup }) => ({
        at: pathText("clusters", name, "backup", "locked"),
        message: `${backup?.to} is not said to be locked`,
      })),
};

/** Clusters on Kubernetes whose backups go to a bucket. */
const onKubernetes = ({ topology }: LintContext) => topology.clusters.filter(isOnKubernetes).filter(toBucket);
const prunePath = (cluster: string) => pathText("clusters", cluster, "platform", "backupAccess", "prune");

const unpruned: EnvironmentRule = {
  id: "backup-never-pruned",
  severity: "warning",
  title: "Nobody removes old backups",
  reason:
    "What makes backups has no right to delete. Without an identity for it, retention is what a lifecycle rule of the bucket says, and without such a rule nothing ends.",
  fix: "name an identity in platform.backupAccess.prune, or acknowledge it where a lifecycle rule of the bucket removes them",
  check: (context) =>
    onKubernetes(context)
      .filter(({ platform }) => !platform.backupAccess.prune)
      .map(({ name, backup }) => ({ at: prunePath(name), message: `${backup?.to} only grows` })),
};

const sameIdentity: EnvironmentRule = {
  id: "backup-pruned-by-writer",
  severity: "error",
  title: "The identity that makes backups removes them as well",
  reason: "Then whoever takes over the program that makes backups takes the history with it.",
  fix: "give platform.backupAccess.prune an identity of its own, which may delete and not write",
  check: (context) =>
    onKubernetes(context).flatMap(({ name, platform: { backupAccess } }): Hit[] => {
      const { prune, secret, annotations } = backupAccess;
      if (!prune) return [];
      const values = Object.values(prune.annotations).filter((value) => Object.values(annotations).includes(value));
      const same = [...(prune.secret !== undefined && prune.secret === secret ? [`Secret ${secret}`] : []), ...values];
      return same.length > 0 ? [{ at: prunePath(name), message: `${same.join(", ")} makes backups too` }] : [];
    }),
};

export const backupHistoryRules: readonly EnvironmentRule[] = [clear, unlocked, unpruned, sameIdentity];
