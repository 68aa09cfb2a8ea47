/** What a server says of a message that it delivers. */
export interface Delivery {
  /** In the stream. */
  sequence: number;
  /** When it was stored, in nanoseconds since the epoch, as text: more than a number holds. */
  stored: string;
  /** Messages that the consumer has not delivered yet. */
  pending: number;
}

/**
 * Reads the subject on which a delivered message is acknowledged (ADR-15):
 * `$JS.ACK.STREAM.CONSUMER.DELIVERED.SEQUENCE.CONSUMER-SEQUENCE.STORED.PENDING`, in the newer form with domain and account
 * before the stream and perhaps more behind. nats.js keeps its own reader to itself.
 */
export function readDelivery(reply: string): Delivery | undefined {
  const tokens = reply.split(".");
  if (tokens[0] !== "$JS" || tokens[1] !== "ACK") return undefined;
  const fields = tokens.slice(tokens.length === 9 ? 4 : 6);
  const [, sequence, , stored, pending] = fields;
  if (fields.length < 5 || ![sequence, stored, pending].every((field) => /^\d+$/.test(field ?? ""))) return undefined;
  return { sequence: Number(sequence), stored: stored ?? "", pending: Number(pending) };
}
