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
  ...plantedIn("model/change/forbidden.ts", [
    ["the VPC goes from under servers in one step", "vpcText(from) === vpcText(to)", "vpcText(from) !== undefined"],
    [
      "another signer is taken for one that carries authorities over",
      "was === undefined || was === now.signer ?",
      "was === undefined || was !== undefined ?",
    ],
    [
      "Terraform exchanges an authority that nobody trusts yet",
      "(old.renewsByJob && cluster.renewsByJob)",
      "(old.renewsByJob || cluster.renewsByJob)",
    ],
    ["the subnets of a zone go before the servers in them", "if (gone.length === 0)", "if (gone.length >= 0)"],
  ]),
  ...plantedIn("model/change/authorities.ts", [
    ["an authority is exchanged, and the plan is silent", "was.place !== place", "was.place === undefined"],
  ]),
  ...plantedIn("runtime/audit/compare.ts", [
    [
      "replicas that lack a message hold the same",
      "new Set(Object.values(held)).size > 1",
      "new Set(Object.values(held).filter((digest) => digest !== undefined)).size > 1",
    ],
    ["replicas with other content hold the same", ".size > 1);", ".size > 2);"],
    ["a difference that is gone still counts", "known.has(sequence)", "known.has(sequence) || sequence > 0"],
  ]),
  ...plantedIn("runtime/roll/gate.ts", [
    ["a server is taken while another is down", "if (!runs) return", "if (!runs && without === name) return"],
    ["a server is taken while another is unwell", "if (wrong !== undefined) return", "if (wrong === name) return"],
    ["a server is taken while the meta group is behind", "(!current || offline)", "(!current && offline && false)"],
    ["a server is taken while replicas are behind", "if (late.length > 0) return", "if (late.length > 9) return"],
    [
      "a server is taken while replicas differ",
      'case "differ":\n      return [',
      'case "differ":\n      return [].length === 0 ? [] : [',
    ],
    [
      "an only copy in memory is no copy",
      'loses === "memory" && storage === "memory"',
      'loses === "memory" && storage === "file"',
    ],
    ["a stream is left with fewer servers than replicas", "replicas > stay &&", "replicas > stay + 9 &&"],
    [
      "a server is emptied on the word of one other",
      "others.length < witnesses &&",
      "others.length + 1 < witnesses &&",
    ],
    ["an only copy goes with its disk", 'loses === "everything" ||', ""],
  ]),
  ...plantedIn("cli/deploy/aws/restarts.ts", [
    [
      "servers on ECS that nobody can ask are restarted, with the disks that go with them",
      'cluster.jetstream && lossOf(cluster) === "everything" &&',
      "false &&",
    ],
    [
      "a disk that goes with its task is taken for one that comes back",
      'platform.storage === "ephemeral" ? "everything" : "memory"',
      'platform.storage === "ephemeral" ? "memory" : "memory"',
    ],
  ]),
  ...plantedIn("runtime/roll/roll.ts", [
    ["disks go with servers that wait for each other", '(!stranded || props.loses === "everything")', "!stranded"],
  ]),
  ...plantedIn("runtime/certificate-renewal/reload.ts", [
    ["servers that serve their certificates reload all the same", "if (behind.length === 0) return [];", ""],
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
  ...plantedIn("runtime/streams/rules.ts", [
    ["fewer copies are no loss", "replicas >= settings.replicas\n", "replicas >= 0 || replicas >= settings.replicas\n"],
    [
      "messages that a shorter age removes are no loss",
      "maxAgeMs > 0 && messages > 0 && oldestMs > maxAgeMs",
      "maxAgeMs < 0 && messages > 0 && oldestMs > maxAgeMs",
    ],
    [
      "messages that a smaller limit removes are no loss",
      'limit > 0 && stored > limit && discard === "old"',
      'limit < 0 && stored > limit && discard === "old"',
    ],
    [
      "messages that a limit of each subject removes are no loss",
      "limit > 0 && fullestSubject > limit",
      "limit < 0 && fullestSubject > limit",
    ],
    [
      "messages that nobody waits for are no loss",
      'return retention === "interest" && messages > 0',
      'return retention === "interest" && messages < 0',
    ],
    [
      "a stream moves between file and memory in place",
      'storage: never("a stream cannot move between file and memory")',
      "storage: inPlace",
    ],
    [
      "a stream that acknowledges before it writes is as desired",
      '  persist_mode: "it acknowledges messages before they are written, and the persist mode of a stream cannot change",\n',
      "",
    ],
    ["fewer copies of a consumer are no loss", "return to < Math.min(from, desiredStream.replicas)", "return to < 0"],
  ]),
  ...plantedIn("runtime/streams/server-config.ts", [
    ["a stream's data is deleted by its clients", "deny_delete: settings.denyDelete", "deny_delete: false"],
    ["a stream is emptied by its clients", "deny_purge: settings.denyPurge", "deny_purge: false"],
    [
      "streams are not marked as ours",
      "allow_direct: settings.allowDirect,\n    metadata: { ...settings.metadata, [OWNER_KEY]: owner }",
      "allow_direct: settings.allowDirect,\n    metadata: { ...settings.metadata }",
    ],
    ["a stream has one copy", "num_replicas: settings.replicas,\n    retention", "num_replicas: 1,\n    retention"],
    [
      "a stream lies in memory",
      'storage: settings.storage as StreamConfig["storage"]',
      'storage: "memory" as StreamConfig["storage"]',
    ],
  ]),
  ...plantedIn("runtime/backup/alarms.ts", [
    ["nobody hears of a stream that is missing", "if (!is) return [{", "if (!is) return []; if (!is) return [{"],
    [
      "nobody hears of a stream that is empty",
      "is.messages === 0 && was.messages > 0",
      "is.messages < 0 && was.messages > 0",
    ],
    ["nobody hears of a stream that lost half", "const SHRUNK_TO = 0.5", "const SHRUNK_TO = 0"],
  ]),
  ...plantedIn("runtime/backup/catalog.ts", [
    ["an older backup stands in for one that cannot be read", 'if (newer !== "")', 'if (newer === "x")'],
    [
      "a busy target looks like a damaged backup",
      "if (error instanceof ManifestError) return { problem: error.message };",
      "return { problem: String(error) };",
    ],
  ]),
  ...plantedIn("runtime/backup/run.ts", [
    ["a run that does not end is no failure", "await Promise.race([work(), late])", "await work()"],
  ]),
  ...plantedIn("runtime/common/aws-limits.ts", [
    ["a client waits for ever for an answer", "    socketTimeout: idleMs,\n", ""],
  ]),
  ...plantedIn("runtime/streams/decide.ts", [
    [
      "what another's stream does is switched off silently",
      'ours ? { how: "in-place" } : { how: "loss", what: switchedOff }',
      '{ how: "in-place" }',
    ],
  ]),
  ...plantedIn("runtime/backup/cipher.ts", [
    [
      "the header of encrypted data is not authenticated",
      "nonce(counter++, last)).setAAD(header)",
      "nonce(counter++, last)).setAAD(Buffer.alloc(0))",
    ],
    ["all files have one key", "const salt = randomBytes(SALT_BYTES);", "const salt = Buffer.alloc(SALT_BYTES);"],
    [
      "data may be moved to another path",
      "`natsform backup data ${context}`",
      '`natsform backup data ${context && ""}`',
    ],
    [
      "data that is cut off is read",
      'if (!finished || waiting.length > 0) throw new CipherError("it ends before its last frame");',
      "",
    ],
    [
      "frames have one nonce",
      "bytes.writeBigUInt64BE(BigInt(counter), 4);",
      "bytes.writeBigUInt64BE(BigInt(counter) * 0n, 4);",
    ],
    ["the last frame is like any other", "bytes.writeUInt8(last ? 1 : 0, 0);", "bytes.writeUInt8(last ? 0 : 0, 0);"],
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
  ...plantedIn("runtime/backup/restore-plan.ts", [
    [
      "an existing stream is overwritten",
      'return refuse(stream, "it exists: name it as one that may be replaced, or move it out of the way");',
      'return { stream, kind: "replace", reason: what };',
    ],
    [
      "a backup of another environment is restored",
      "if (origin !== scopeName(into)) return",
      'if (origin === "") return',
    ],
    [
      "a backup is restored to a server of another cluster",
      "if (natsCluster === manifest.natsCluster) return undefined;",
      'if (natsCluster !== "") return undefined;',
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
  ...plantedIn("runtime/dns-sync/record.ts", [
    [
      "a record of somebody else is written",
      'return owners.length === 1 && owners[0] === owner ? undefined : "owned by somebody else";',
      "return undefined;",
    ],
    ["two owners write in turn", "owners.length === 1 && owners[0] === owner", "owners.includes(owner)"],
  ]),
];
