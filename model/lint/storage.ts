import type { Platform } from "../config";
import { platformModel } from "../topology";
import { type EnvironmentRule, pathText, streamViews } from "./context";
import { bytes } from "./units";

/** Checks the disk of the file store, and its lifetime. */

const diskOf = (platform: Platform) => platformModel(platform).disk(platform);

/** Share of a disk left by its file system, its reserve for root, and the raft logs that no limit counts. */
const usableShare = 0.9;

const exceedsDisk: EnvironmentRule = {
  id: "file-store-exceeds-disk",
  severity: "error",
  title: "The file store may grow beyond its disk",
  reason:
    "A formatted 10 GiB disk has 9.7 (k8s#717), and raft logs count towards no limit. A full disk switches JetStream off on that server, and it stays off after space was freed (measured on 2.14.5).",
  fix: "keep jetstream.file at 90% of the disk or less",
  check: ({ topology }) =>
    topology.clusters.flatMap(({ name, platform, jetstream }) => {
      const disk = diskOf(platform);
      if (!jetstream || disk?.bytes === undefined || jetstream.fileBytes <= disk.bytes * usableShare) return [];
      return [
        {
          at: pathText("clusters", name, "jetstream", "file"),
          message: `${bytes(jetstream.fileBytes)} of file store; the ${disk.name} has ${bytes(disk.bytes)}, of which ${bytes(disk.bytes * usableShare)} are safe to use`,
        },
      ];
    }),
};

const efs: EnvironmentRule = {
  id: "efs-storage",
  severity: "warning",
  title: "JetStream stores on a network file system",
  reason:
    "NATS's documentation says not to use NFS or EFS for JetStream: each sync is a round trip, and a stalled mount stalls the server.",
  fix: "use aws-ec2 with volumes, or ephemeral storage with R3 and backups",
  check: ({ topology }) =>
    topology.clusters
      .filter(({ platform, jetstream }) => jetstream && diskOf(platform)?.kind === "network")
      .map(({ name }) => ({
        at: pathText("clusters", name, "platform", "storage"),
        message: `cluster ${name} stores on EFS`,
      })),
};

const ephemeralSingle: EnvironmentRule = {
  id: "ephemeral-single-copy",
  severity: "error",
  title: "The only copy of a stream or consumer is on a disk that ends with its task",
  reason:
    "ECS deletes the storage of a task with the task: every deployment, and every task that AWS retires, loses the stream. R3 brings a server's data back from the others.",
  fix: "use 3 replicas, or a platform with volumes",
  check: (context) =>
    streamViews(context).flatMap(({ stream, cluster, at }) => {
      if (diskOf(cluster.platform)?.kind !== "task") return [];
      if (stream.replicas === 1) {
        return [{ at: at("replicas"), message: `${stream.name} is R1 on ephemeral storage` }];
      }
      return stream.consumers.flatMap(({ name, replicas }, c) =>
        replicas === 1
          ? [{ at: at("consumers", c, "replicas"), message: `${name} of ${stream.name} is R1 on ephemeral storage` }]
          : [],
      );
    }),
};

const regional: EnvironmentRule = {
  id: "storage-class-regional",
  severity: "warning",
  title: "A storage class is regional where disks are not",
  reason: "Only GKE has disks that are replicated over zones (regional-pd). Elsewhere the setting has no effect.",
  fix: "leave storageClass.regional out; R3 over zones is what protects the data",
  check: ({ environment }) =>
    Object.entries(environment.clusters)
      .filter(
        ([, { platform, jetstream }]) =>
          jetstream?.storageClass.regional && !platformModel(platform).hasRegionalDisks(platform),
      )
      .map(([name]) => ({
        at: pathText("clusters", name, "jetstream", "storageClass", "regional"),
        message: `cluster ${name} does not run on GKE`,
      })),
};

export const storageRules: readonly EnvironmentRule[] = [exceedsDisk, efs, ephemeralSingle, regional];
