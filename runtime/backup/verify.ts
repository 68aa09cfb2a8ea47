import type { NatsConnection } from "@nats-io/transport-node";
import { describeStream } from "./api";
import { digestContent } from "./content";
import type { StreamBackup } from "./manifest";

/** Comparison of a restored stream with its backup. */
export interface Verdict {
  readonly stream: string;
  /** `aged`: its own limits of age took messages away, as they would have without the restore. */
  readonly result: "same" | "aged" | "different";
  readonly what: string;
}

/**
 * Reads a restored stream back and compares it with what its origin held right after the snapshot.
 *
 * Everything that the origin still held must be there, byte for byte; messages that were deleted while the snapshot was
 * taken may be. Messages behind the last sequence of the snapshot are not compared: publishers may already be at work.
 */
export async function verifyStream(nc: NatsConnection, backup: StreamBackup, patienceMs: number): Promise<Verdict> {
  const { name: stream, content, config } = backup;
  const { state } = await describeStream(nc, stream, Date.now() + patienceMs);
  const { first, last, gaps: without } = content;
  const found = await digestContent(nc, stream, { first, last, without }, patienceMs);
  const held = `${found.messages} of ${content.messages} messages, ${state.first_seq} to ${state.last_seq}`;
  // An empty stream keeps its last sequence.
  if (state.last_seq < last) return { stream, result: "different", what: `it ends before ${last}: ${held}` };
  if (found.sha256 === content.sha256) return { stream, result: "same", what: held };
  const ages = Number(config.max_age ?? 0) > 0 || config.allow_msg_ttl === true;
  if (ages && found.messages < content.messages) return { stream, result: "aged", what: held };
  return { stream, result: "different", what: `its content differs: ${held}` };
}
