import { plantedIn } from "../planted";

/** Streams, their backups, and the client record. */
export const data = [
  ...plantedIn("runtime/streams/durable.ts", [
    [
      "a stream counts as safe before it is synced",
      "const synced = syncIntervalMs + SYNC_MARGIN_MS;",
      "const synced = 0;",
    ],
    ["the kernel has half of its time", "KERNEL_WRITEBACK_MS = 60_000", "KERNEL_WRITEBACK_MS = 30_000"],
  ]),
  ...plantedIn("runtime/streams/replicas.ts", [
    [
      "a stream with too few replicas counts as whole",
      "if (followers.length + 1 !== expected)",
      "if (followers.length + 1 > expected)",
    ],
    ["replicas that are behind count as current", "!current || offline || lag > 0", "offline"],
    ["a stream without a leader counts as whole", 'if (!cluster.leader) return "it has no leader";', ""],
  ]),
  ...plantedIn("runtime/backup/contract.ts", [
    [
      "the backup deletes streams",
      '"$JS.API.STREAM.RESTORE.*",',
      '"$JS.API.STREAM.RESTORE.*", "$JS.API.STREAM.DELETE.*",',
    ],
    [
      "the backup hears everybody's inboxes",
      "subscribe: { allow: [`${BACKUP_INBOX}.>`] }",
      'subscribe: { allow: ["_INBOX.>"] }',
    ],
  ]),
  ...plantedIn("runtime/backup/retention.ts", [
    ["the newest complete backup is removed", "if (newestGood === undefined || id >= newestGood) return false;", ""],
    [
      "a run that is under way loses its data",
      "if (!finished) return nowMs - time > DEAD_AFTER_MS;",
      "if (!finished) return true;",
    ],
    ["folders of others are removed", "if (time === undefined) return false;", "if (time === undefined) return true;"],
    [
      "backups that nothing limits are removed",
      "return retentionMs > 0 && nowMs - time > retentionMs;",
      "return nowMs - time > retentionMs;",
    ],
  ]),
  ...plantedIn("runtime/dns-sync/contract.ts", [
    [
      "dns-sync writes every record of the zone",
      '"route53:ChangeResourceRecordSetsNormalizedRecordNames": [scope.recordName.toLowerCase()],',
      "",
    ],
    ["dns-sync writes records of every type", '"route53:ChangeResourceRecordSetsRecordTypes": ["A"],', ""],
    [
      "dns-sync deletes the client record",
      'scope.whenEmpty === "delete" ? ["UPSERT", "DELETE"] : ["UPSERT"]',
      '["UPSERT", "DELETE"]',
    ],
    [
      "dns-sync reads tasks of other clusters",
      '{ action: "ecs:DescribeTasks", on: "tasks", condition: "ecs-cluster" }',
      '{ action: "ecs:DescribeTasks", on: "any" }',
    ],
  ]),
];
