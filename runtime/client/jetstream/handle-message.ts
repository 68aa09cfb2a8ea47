import { SchemaError } from "../errors";
import { describe } from "../observe/log";
import { decodeJson, validated } from "../payload";
import { HandlerError } from "../serve/handler-error";
import type { Link, Message } from "../transport/link";
import type { ConsumeOptions, ConsumeParts } from "./consume-options";

/** Pauses before the next deliveries: without any, all of them would be used up in milliseconds. */
const REDELIVERY_MS = [2000, 10_000, 60_000];
const nanoseconds = (ms: number) => ms * 1_000_000;

/** Hands a message to its handler, and tells the server how that ended. Never rejects. */
export async function handleMessage<Value>(
  { signal, observers, logger }: ConsumeParts,
  { stream, consumer, schema, handler }: ConsumeOptions<Value>,
  message: Message,
  link: Link,
): Promise<void> {
  const name = `${stream}/${consumer}`;
  const answer = (text: string) => {
    try {
      if (message.reply) link.publish(message.reply, new TextEncoder().encode(text));
    } catch (error) {
      // It is delivered again when its time is over.
      logger.warn({ consumer: name, error: describe(error) }, "NATS acknowledgement not sent");
    }
  };
  const { deliveries, sequence } = delivery(message.reply ?? "");
  const { subject } = message;
  const operation = {
    kind: "consume",
    subject,
    pattern: name,
    received: message.headers,
    bytes: message.data.length,
  } as const;
  try {
    await observers.around(operation, async () => {
      const json = () => decodeJson(message.data, subject, "message");
      const value = schema ? await validated(schema, json(), subject, "message") : (message as Value);
      await handler(value, { message, deliveries, sequence, signal, working: () => answer("+WPI") });
    });
    answer("+ACK");
  } catch (error) {
    const hopeless = error instanceof SchemaError || (error instanceof HandlerError && error.status < 500);
    const delay = REDELIVERY_MS[Math.min(deliveries, REDELIVERY_MS.length) - 1] ?? 2000;
    logger.error(
      { consumer: name, sequence, deliveries, again: !hopeless, error: describe(error) },
      "NATS message failed",
    );
    answer(hopeless ? "+TERM" : `-NAK ${JSON.stringify({ delay: nanoseconds(delay) })}`);
  }
}

/** What the reply subject of a delivered message says, in its form with and without a domain. */
export function delivery(reply: string): { deliveries: number; sequence: number } {
  const tokens = reply.split(".");
  const first = tokens.length >= 11 ? 6 : 4;
  return { deliveries: Number(tokens[first] ?? 1) || 1, sequence: Number(tokens[first + 1] ?? 0) || 0 };
}
