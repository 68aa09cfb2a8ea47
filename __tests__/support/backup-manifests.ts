import { defaultRelease } from "../../model/config/server-releases";
import type { Scope } from "../../runtime/backup/catalog";
import type { Manifest, StreamBackup } from "../../runtime/backup/manifest";

export const scope: Scope = { environment: "tests", cluster: "test", account: "APP" };

/** What a manifest says of a stream, as large as one likes. */
export const streamBackup = (name: string, messages: number, bytes: number, config: object = {}): StreamBackup => ({
  name,
  config: { name, ...config },
  state: { messages, bytes, first_seq: 1, last_seq: messages },
  data: { path: `${name}/data`, bytes, sha256: "0".repeat(64) },
  content: { first: 1, last: messages, messages, sha256: "0".repeat(64), gaps: [] },
  consumers: [],
});

export const backupManifest = (streams: StreamBackup[]): Manifest => ({
  format: 1,
  id: "20261121T020000000Z-abcdef",
  ...scope,
  startedAt: "2026-11-21T02:00:00.000Z",
  finishedAt: "2026-11-21T02:00:01.000Z",
  serverVersion: defaultRelease,
  natsCluster: "test",
  complete: true,
  streams,
  holes: [],
});
