import { createHash, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { ContentDigest } from "./content";
import type { BackupKey } from "./keys";

/** A manifest that must not be believed: nobody restores from it. */
export class ManifestError extends Error {
  override readonly name = "ManifestError";
}

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sequences = z.looseObject({ consumer_seq: count, stream_seq: count });
/** As nats-server wrote it, with fields that only other versions know. */
const config = z.record(z.string(), z.unknown());

const consumer = z.strictObject({
  name: z.string().min(1),
  config,
  delivered: sequences,
  ackFloor: sequences,
  /** True when the snapshot holds it: nothing has to be made again. */
  inSnapshot: z.boolean(),
});

export const StreamBackup = z.strictObject({
  name: z.string().min(1),
  config: config.and(z.looseObject({ name: z.string() })),
  /** State when the snapshot began. */
  state: z.looseObject({ messages: count, bytes: count, first_seq: count, last_seq: count }),
  /** The object beside the manifest, as it is stored. */
  data: z.strictObject({ path: z.string().regex(/^[^/]+\/data$/), bytes: count, sha256 }),
  content: ContentDigest,
  consumers: z.array(consumer),
});
export type StreamBackup = z.output<typeof StreamBackup>;
export type ConsumerBackup = z.output<typeof consumer>;

/** Something that a backup does not hold, or holds in another form than expected. */
const hole = z.strictObject({
  kind: z.enum(["memory-stream", "consumer-left-out", "consumer-set-back", "consumer-unread", "stream-failed"]),
  stream: z.string(),
  consumer: z.string().optional(),
  what: z.string(),
});
export type Hole = z.output<typeof hole>;

export const Manifest = z.strictObject({
  format: z.literal(1),
  id: z.string().min(1),
  environment: z.string().min(1),
  cluster: z.string().min(1),
  account: z.string().min(1),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  serverVersion: z.string(),
  /** Name that the servers gave their cluster; absent for one server alone. */
  natsCluster: z.string().optional(),
  /** Key id; absent when the data is not encrypted. */
  keyId: z.string().optional(),
  /** Every stream that can be backed up is in it. */
  complete: z.boolean(),
  streams: z.array(StreamBackup),
  holes: z.array(hole),
});
export type Manifest = z.output<typeof Manifest>;

/**
 * The text of a manifest: its JSON, and on a line of its own a seal over that JSON.
 *
 * Without a key the seal is a checksum, which finds what was damaged. With a key it also finds what was forged.
 */
export function printManifest(manifest: Manifest, key?: BackupKey): string {
  const body = JSON.stringify(manifest);
  return `${body}\n${seal(body, key)}\n`;
}

/**
 * @throws ManifestError when the text is damaged, forged, or sealed with a key that is not there
 */
export function readManifest(text: string, keys: readonly BackupKey[]): Manifest {
  const [body = "", found = "", ...rest] = text.split("\n");
  if (rest.join("") !== "") throw new ManifestError("the manifest has more than its two lines");
  const kind = found.split(":")[0];
  if (kind === "sha256" && keys.length > 0)
    throw new ManifestError("the manifest is not sealed with a key, and a key is given: it may be forged");
  const key = kind === "sha256" ? undefined : keys.find(({ id }) => kind === `hmac-${id}`);
  if (kind !== "sha256" && !key) throw new ManifestError(`the manifest is sealed with another key: ${kind || "none"}`);
  const expected = Buffer.from(seal(body, key));
  const given = Buffer.from(found);
  if (given.length !== expected.length || !timingSafeEqual(given, expected))
    throw new ManifestError("the manifest was changed after it was written");
  const { success, data, error } = Manifest.safeParse(JSON.parse(body));
  if (!success) throw new ManifestError(`the manifest is of another version:\n${z.prettifyError(error)}`);
  return data;
}

function seal(body: string, key?: BackupKey): string {
  if (!key) return `sha256:${createHash("sha256").update(body).digest("hex")}`;
  const own = Buffer.from(hkdfSync("sha256", key.secret, "", "natsform backup manifest", 32));
  return `hmac-${key.id}:${createHmac("sha256", own).update(body).digest("hex")}`;
}
