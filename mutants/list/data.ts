import { plantedIn } from "../planted";

/** Streams, their backups, and the client record. */
export const data = [
  ...plantedIn("runtime/streams/apply.ts", [
    ["a plan with refusals is applied", "if (refused.length > 0) throw new PlanRefused(refused);", ""],
    [
      "a single server is asked for replicas that it cannot hold",
      "...(clustered ? [] : plan.flatMap(needsCluster))",
      "",
    ],
  ]),
  ...plantedIn("runtime/streams/decide.ts", [
    [
      "a stream of another environment is changed",
      "if (found.owner !== undefined && found.owner !== owner)",
      'if (found.owner === "")',
    ],
    [
      "a stream that natsform did not make is deleted and made again",
      "if (ours && allowRecreate.has(name))",
      "if (allowRecreate.has(name))",
    ],
    ["a stream is deleted and made again without being asked", "if (ours && allowRecreate.has(name))", "if (ours)"],
    ["messages are lost without being asked", "if (loss && !allowDataLoss.has(name))", 'if (loss && name === "")'],
  ]),
  ...plantedIn("runtime/streams/durable.ts", [
    [
      "a single server's streams count as safe before the kernel wrote them",
      "clustered ? synced : Math.max(synced, KERNEL_WRITEBACK_MS)",
      "synced",
    ],
    [
      "a stream counts as safe before it is synced",
      "const synced = syncIntervalMs + SYNC_MARGIN_MS;",
      "const synced = 0;",
    ],
    ["the kernel has half of its time", "KERNEL_WRITEBACK_MS = 60_000", "KERNEL_WRITEBACK_MS = 30_000"],
    ["folders are not synced", "await sync(folder);\n    synced++;", "synced++;"],
    ["files are not synced", "await handle.sync();", ""],
  ]),
  ...plantedIn("runtime/streams/plan-stream.ts", [
    [
      "a consumer that is gone from the configuration is deleted",
      "permissions.allowDataLoss.has(`${stream.name}/${name}`)",
      'permissions.owner !== ""',
    ],
    ["consumers of others are deleted", "owner === permissions.owner && !desired.has(name)", "!desired.has(name)"],
    [
      "a lost consumer is made again without being asked",
      "return allowRecreate.has(name)\n    ? { ...desired",
      "return allowRecreate.size >= 0\n    ? { ...desired",
    ],
  ]),
  ...plantedIn("runtime/streams/plan.ts", [
    [
      "a stream that is gone from the configuration is deleted",
      "return allowDataLoss.has(name)\n",
      'return name !== "" || allowDataLoss.has(name)\n',
    ],
    [
      "streams of others are deleted",
      "if (stream.owner === owner && !byName.has(stream.name))",
      "if (!byName.has(stream.name))",
    ],
    [
      "two streams store one message",
      "desired.has(stream) || desired.has(other)",
      "desired.has(stream) && stream === other",
    ],
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
    [
      "a full stream that drops old messages is no loss",
      'desired.discard === "old" && messages > 0',
      'desired.discard === "old" && messages < 0',
    ],
  ]),
  ...plantedIn("runtime/streams/spec.ts", [
    [
      "subjects of the servers are stored",
      ".refine((text) => !/^\\$(JS|JSC|NRG|SYS)(\\.|$)/.test(text)",
      '.refine((text) => text !== ""',
    ],
    ["every message is stored twice", "if (other) yield", 'if (other === "") yield'],
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
  ...plantedIn("runtime/streams/settings.ts", [
    [
      "the durable tier counts in seconds as milliseconds",
      "env.STREAMS_SYNC_INTERVAL_SECONDS * 1000",
      "env.STREAMS_SYNC_INTERVAL_SECONDS * 1",
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
    [
      "an incomplete backup is restored",
      "entries.filter(({ manifest }) => manifest?.complete).at(-1)?.manifest",
      "entries.filter(({ manifest }) => manifest).at(-1)?.manifest",
    ],
    [
      "an incomplete backup lets complete ones be removed",
      "good: entry.manifest?.complete === true",
      "good: entry.manifest !== undefined",
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
    ["data behind the end is read", 'if (finished) throw new CipherError("there is data behind the last frame");', ""],
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
  ...plantedIn("runtime/backup/content.ts", [
    ["two messages give one digest", "hash.update(length).update(field);", "hash.update(field);"],
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
  ...plantedIn("runtime/backup/drill.ts", [
    ["a drill passes with consumers that are lost", "if (lost.length > 0)", "if (lost.length > 99)"],
    ["a drill passes with damaged data", "await checkData(place, backup);", ""],
  ]),
  ...plantedIn("runtime/backup/env.ts", [
    [
      "a drill deletes streams of servers elsewhere",
      "/^nats:\\/\\/(127\\.0\\.0\\.1|\\[::1\\]):\\d{1,5}$/",
      "/^nats:\\/\\/.+:\\d{1,5}$/",
    ],
    [
      "backups from before a key are read without being asked",
      'const yes = (instead: string) => z.enum(["yes"]',
      'const yes = (instead: string) => z.enum(["yes", "no"]',
    ],
  ]),
  ...plantedIn("runtime/backup/keys.ts", [
    ["a short key encrypts", "|| secret.length !== 32", ""],
    [
      "a key's id is a part of the key",
      'createHash("sha256").update("natsform backup key id").update(secret).digest("hex").slice(0, 16)',
      'secret.toString("hex").slice(0, 16)',
    ],
  ]),
  ...plantedIn("runtime/backup/manifest.ts", [
    [
      "a forged manifest is read where there is a key",
      'if (kind === "sha256" && keys.length > 0)',
      'if (kind === "sha256" && keys.length > 99)',
    ],
    [
      "a changed manifest is read",
      "if (given.length !== expected.length || !timingSafeEqual(given, expected))",
      "if (given.length !== expected.length)",
    ],
    ["a manifest names data elsewhere", "/^[^/]+\\/data$/", "/data$/"],
  ]),
  ...plantedIn("runtime/backup/prune.ts", [
    ["data is removed before its manifest", "await target.remove(manifest);\n", ""],
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
  ...plantedIn("runtime/backup/restore.ts", [
    ["a refused restore goes on", "if (refused.length > 0)", "if (refused.length > 99)"],
  ]),
  ...plantedIn("runtime/backup/run.ts", [
    ["an incomplete backup is a success", "return complete ? EXIT.ok : EXIT.failed;", "return EXIT.ok;"],
    [
      "a drill that shows a difference is a success",
      'verdicts.every(({ result }) => result === "same")',
      "verdicts.length >= 0",
    ],
  ]),
  ...plantedIn("runtime/backup/scratch-server.ts", [
    ["others reach the drill's server", "'listen: \"127.0.0.1:-1\"'", "'listen: \"0.0.0.0:-1\"'"],
    ["others read the drill's password", "{ mode: 0o600 }", "{ mode: 0o644 }"],
    ["the drill's server has no login", '`authorization { user: drill, password: "${pass}" }`,', ""],
  ]),
  ...plantedIn("runtime/backup/settings.ts", [
    [
      "an empty key file means that nothing is encrypted",
      'if (keys.length === 0) throw new Error("it holds no key");',
      "",
    ],
    [
      "reading unencrypted backups writes unencrypted ones",
      'env.RESTORE_UNENCRYPTED && command !== "backup" ? [] : keys',
      "env.RESTORE_UNENCRYPTED ? [] : keys",
    ],
  ]),
  ...plantedIn("runtime/backup/snapshot-tar.ts", [
    [
      "a snapshot that a server could not finish is a backup",
      'if (name === "errors.txt") throw new SnapshotIncomplete(`nats-server could not read it all: ${start}`);',
      "",
    ],
    [
      "a snapshot without its stream is a backup",
      'if (!described) throw new SnapshotIncomplete("it does not describe its stream");',
      "",
    ],
  ]),
  ...plantedIn("runtime/backup/snapshot-archive.ts", [
    [
      "a snapshot that lacks consumers is a backup",
      "if (consumers.length !== expected)",
      "if (consumers.length > 1e6)",
    ],
    [
      "a snapshot with messages out of order is a backup",
      "if (entry.sequence <= last) throw",
      "if (entry.sequence < 0) throw",
    ],
  ]),
  ...plantedIn("runtime/backup/target-folder.ts", [
    ["everybody reads the backups", 'open(unfinished, "wx", 0o600)', 'open(unfinished, "wx", 0o644)'],
    ["everybody lists the backups", "recursive: true, mode: 0o700", "recursive: true, mode: 0o755"],
    [
      "a power cut leaves an empty backup",
      "for await (const chunk of source) await handle.writeFile(chunk);\n          await handle.sync();",
      "for await (const chunk of source) await handle.writeFile(chunk);",
    ],
    ["a power cut forgets a backup's name", "await syncFolder(folder);\n        if", "if"],
  ]),
  ...plantedIn("runtime/backup/verify.ts", [
    [
      "a stream that ends early counts as restored",
      "if (state.last_seq < last) return",
      "if (state.last_seq < 0) return",
    ],
    [
      "other content counts as restored",
      "if (found.sha256 === content.sha256) return",
      'if (found.sha256 !== "") return',
    ],
    [
      "lost messages count as aged",
      "const ages = Number(config.max_age ?? 0) > 0 || config.allow_msg_ttl === true;",
      "const ages = config !== undefined;",
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
  ...plantedIn("runtime/dns-sync/reconcile.ts", [
    ["a record that is not ours is written", 'if (refusal) return { ...servers, record: "refused", refusal };', ""],
  ]),
  ...plantedIn("runtime/dns-sync/record.ts", [
    [
      "a record of somebody else is written",
      'return owners.length === 1 && owners[0] === owner ? undefined : "owned by somebody else";',
      "return undefined;",
    ],
    ["two owners write in turn", "owners.length === 1 && owners[0] === owner", "owners.includes(owner)"],
    [
      "a record without an owner is written",
      'if (owners.length === 0) return "ownership missing";',
      "if (owners.length === 0) return undefined;",
    ],
    [
      "an alias is replaced",
      'return special ? "alias or routing policy" : undefined;',
      'return special && name === "" ? "alias or routing policy" : undefined;',
    ],
    ["no healthy server empties the client record", 'return whenEmpty === "delete" && listed ?', "return listed ?"],
  ]),
  ...plantedIn("runtime/dns-sync/tasks.ts", [
    ["servers of others become public", 'groups.has(group ?? "") &&', ""],
    ["servers that go away are listed", 'desiredStatus === "RUNNING" &&', ""],
    [
      "servers that are not healthy are listed",
      '      healthStatus === "HEALTHY",',
      "      healthStatus !== undefined,",
    ],
    [
      "private addresses become public",
      'kind === "public" ? networkInterface.Association?.PublicIp : networkInterface.PrivateIpAddress',
      "kind && (networkInterface.Association?.PublicIp ?? networkInterface.PrivateIpAddress)",
    ],
  ]),
];
