import { compareVersions } from "../config/server-keys";
import { type ClusterTopology, isOnKubernetes, platformModel } from "../topology";
import { type EnvironmentRule, type LintContext, pathText, type StreamView, streamViews } from "./context";
import type { Hit } from "./rule";

/** Checks that stored data can be restored. */

const isEphemeral = ({ platform }: ClusterTopology) => platformModel(platform).disk(platform)?.kind === "task";
/** Targets that the cluster's backups may use. */
const targetsOf = ({ platform }: ClusterTopology) => platformModel(platform).backups(platform);

/** Clusters without a backup that have file streams, with the names of those. */
function withoutBackup(context: LintContext) {
  return context.topology.clusters
    .filter(({ backup }) => !backup)
    .map((cluster) => ({
      cluster,
      names: context.topology.streams
        .filter((stream) => stream.cluster === cluster.name && stream.storage === "file")
        .map(({ name }) => name),
    }))
    .filter(({ names }) => names.length > 0);
}

const missing: EnvironmentRule = {
  id: "backup-missing",
  severity: "warning",
  title: "File streams are not backed up",
  reason: "Replicas repeat every purge and every deletion at once; only a backup brings back what a person removed.",
  fix: "set backup of the cluster",
  check: (context) =>
    withoutBackup(context)
      .filter(({ cluster }) => !isEphemeral(cluster))
      .map(({ cluster, names }) => ({
        at: pathText("clusters", cluster.name, "backup"),
        message: `no backup of ${names.join(", ")}`,
      })),
};

const ephemeral: EnvironmentRule = {
  id: "backup-missing-ephemeral",
  severity: "warning",
  title: "File streams on disks that end with their tasks are not backed up",
  reason:
    "ECS deletes the storage of a task with the task. Whatever stops all tasks at once (a wrong image, a scaled-down service, a failed region) deletes every stream for good.",
  fix: "set backup of the cluster, or use a platform with volumes",
  check: (context) =>
    withoutBackup(context)
      .filter(({ cluster }) => isEphemeral(cluster))
      .map(({ cluster, names }) => ({
        at: pathText("clusters", cluster.name, "backup"),
        message: `no backup of ${names.join(", ")}, which live on ephemeral storage`,
      })),
};

const nothing: EnvironmentRule = {
  id: "backup-of-nothing",
  severity: "warning",
  title: "A cluster without JetStream is backed up",
  reason: "There is nothing to back up, and a schedule that always succeeds looks like safety.",
  fix: "remove backup, or add jetstream",
  check: ({ topology }) =>
    topology.clusters
      .filter(({ backup, jetstream }) => backup && !jetstream)
      .map(({ name }) => ({
        at: pathText("clusters", name, "backup"),
        message: `cluster ${name} has backup and no JetStream`,
      })),
};

const backedUp = (context: LintContext): StreamView[] => streamViews(context).filter(({ cluster }) => cluster.backup);

/** Before 2.15 a snapshot is made of what the stream's leader has on its disk. */
const ofTheDisk = ({ topology }: LintContext): boolean => compareVersions(topology.nats.version, "2.15.0") < 0;

const memory: EnvironmentRule = {
  id: "backup-memory-stream",
  severity: "warning",
  title: "A memory stream stands in a cluster that is backed up",
  reason: "nats-server before 2.15 takes no snapshot of a memory stream, so no backup holds it.",
  fix: 'use 2.15, set storage to "file", or acknowledge that the stream may be lost',
  check: (context) =>
    backedUp(context)
      .filter(({ stream }) => stream.storage === "memory" && ofTheDisk(context))
      .map(({ stream, at }) => ({ at: at("storage"), message: `${stream.name} is in no backup` })),
};

const consumers: EnvironmentRule = {
  id: "backup-consumer-replicas",
  severity: "warning",
  title: "A consumer has fewer replicas than its stream in a cluster that is backed up",
  reason:
    "A snapshot of nats-server before 2.15 holds the consumers that the stream's leader holds: one with fewer replicas may be missing, without an error (nats-server#7829). After a restore its program starts again at the first message.",
  fix: "leave the replicas of the consumer out, or use 2.15",
  check: (context) =>
    backedUp(context).flatMap(({ stream, at }) =>
      stream.consumers.flatMap(({ name, replicas }, c) =>
        replicas !== undefined && replicas < stream.replicas && stream.storage === "file" && ofTheDisk(context)
          ? [
              {
                at: at("consumers", c, "replicas"),
                message: `${name} is R${replicas}, ${stream.name} R${stream.replicas}`,
              },
            ]
          : [],
      ),
    ),
};

const foreign: EnvironmentRule = {
  id: "backup-foreign-cloud",
  severity: "error",
  title: "A backup goes to the storage of another cloud",
  reason:
    "The backup writes with the identity that its own cloud gives it; natsform deploys no keys of another one, so every run fails.",
  fix: "use the storage of the cloud that the cluster runs on",
  check: ({ topology }) =>
    topology.clusters.flatMap((cluster) => {
      const { own } = targetsOf(cluster);
      const scheme = cluster.backup?.to.split(":")[0];
      return own !== undefined && scheme !== undefined && scheme !== "file" && scheme !== own
        ? [
            {
              at: pathText("clusters", cluster.name, "backup", "to"),
              message: `${cluster.backup?.to} is not ${own}://`,
            },
          ]
        : [];
    }),
};

const keyless: EnvironmentRule = {
  id: "backup-needs-key",
  severity: "error",
  impossible: true,
  title: "A backup to GCS has neither an identity nor a key",
  reason:
    "Only pods of GKE have an identity at Google; elsewhere GCS takes an HMAC key, without which every run fails.",
  fix: "name a Secret with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in platform.backupAccess.secret, and another one in prune",
  check: ({ topology }) =>
    topology.clusters.filter(isOnKubernetes).flatMap(({ name, backup, platform: { flavor, backupAccess } }): Hit[] => {
      if (!backup?.to.startsWith("gs://") || flavor === "gke") return [];
      const path = ["clusters", name, "platform", "backupAccess"];
      return [
        ...(backupAccess.secret === undefined ? [path] : []),
        ...(backupAccess.prune && backupAccess.prune.secret === undefined ? [[...path, "prune"]] : []),
      ].map((at) => ({ at: pathText(...at), message: "no Secret is named" }));
    }),
};

const toFile = ({ backup }: ClusterTopology) => backup?.to.startsWith("file:") === true;

const container: EnvironmentRule = {
  id: "backup-in-container",
  severity: "error",
  title: "A backup is written to the file system of a container",
  reason: "It ends with the task or pod that wrote it.",
  fix: "use s3:// or gs://, or on Kubernetes a volume: platform.backupAccess.claim",
  check: ({ topology }) =>
    topology.clusters
      .filter((cluster) => toFile(cluster) && targetsOf(cluster).folder === "gone")
      .map(({ name, backup }) => ({
        at: pathText("clusters", name, "backup", "to"),
        message: `${backup?.to} is gone when the backup has run`,
      })),
};

const beside: EnvironmentRule = {
  id: "backup-beside-data",
  severity: "warning",
  title: "A backup is kept on the machines that it is a backup of",
  reason: "The disk, the fire and the intruder that take the data take the backup as well.",
  fix: "use s3:// or gs://, or acknowledge it when the folder is a mount from elsewhere",
  check: ({ topology }) =>
    topology.clusters
      .filter((cluster) => toFile(cluster) && targetsOf(cluster).folder === "machine")
      .map(({ name, backup }) => ({
        at: pathText("clusters", name, "backup", "to"),
        message: `${backup?.to} is a folder of a host of the cluster`,
      })),
};

export const backupRules: readonly EnvironmentRule[] = [
  missing,
  ephemeral,
  nothing,
  memory,
  consumers,
  foreign,
  keyless,
  container,
  beside,
];
