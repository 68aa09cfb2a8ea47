import type { Connection } from "../connection";
import type { Logger } from "../observe/log";
import type { Observers } from "../observe/observers";
import type { StandardSchema } from "../payload";
import type { InFlight } from "../serve/in-flight";
import type { Message } from "../transport/link";

/** What a handler of a stream's messages knows besides the message. */
export interface ConsumeContext {
  message: Message;
  /** How often it was delivered, this time included. */
  deliveries: number;
  /** Its number in the stream. */
  sequence: number;
  /** Asks for more time before it is delivered again. */
  working(): void;
  signal: AbortSignal;
}

/** How messages are consumed. */
export interface ConsumeOptions<Value = Message> {
  stream: string;
  /** A durable pull consumer, which exists or is made by somebody else later. */
  consumer: string;
  /** What it resolves for is acknowledged; what it rejects for is delivered again, later each time. */
  handler: (value: Value, context: ConsumeContext) => unknown;
  schema?: StandardSchema<unknown, Value>;
  /** Messages that are handled at once at most. @default 100 */
  concurrency?: number;
  /** Silence of twice this long is a stall. @default 5000 */
  heartbeatMs?: number;
}

/** What a consumer needs of its client. */
export interface ConsumeParts {
  connection: Connection;
  observers: Observers;
  inFlight: InFlight;
  logger: Logger;
  signal: AbortSignal;
}
