/** A snapshot that would be restored as less than the stream was, or not at all. */
export class SnapshotIncomplete extends Error {
  override readonly name = "SnapshotIncomplete";
}

interface Sequences {
  readonly consumer_seq: number;
  readonly stream_seq: number;
}

/** A consumer whose state is in a snapshot; what it delivered is read of an archive alone. */
export interface SnapshotConsumer {
  readonly name: string;
  readonly delivered?: Sequences;
}

/** Actual content of a snapshot. */
export interface SnapshotFiles {
  readonly consumers: readonly SnapshotConsumer[];
  /** Files of messages, in a tar file. */
  readonly blocks?: number;
  /** Messages, in an archive. */
  readonly messages?: number;
  /** Bytes of everything, unpacked. */
  readonly bytes: number;
}
