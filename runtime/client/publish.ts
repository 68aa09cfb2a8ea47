import type { Connection } from "./connection";
import { DeniedError } from "./errors";
import { checkHeader, checkSubject } from "./names";
import type { Observers } from "./observe/observers";
import { encodeJson, encodePayload, type StandardSchema, validated } from "./payload";
import type { Headers, Link } from "./transport/link";

/** Options of one publish. */
export interface PublishOptions {
  headers?: Headers;
  /** Where an answer is wanted. */
  reply?: string;
  /** What the payload has to be; it is sent as JSON then. */
  schema?: StandardSchema<unknown, unknown>;
  /** Waits for the server, so that a subject that it refuses is an error here and not a line in the log. @default false */
  confirmed?: boolean;
  /** Name of a subject that was put together, for metrics and spans. @default the subject */
  pattern?: string;
}

/**
 * Publishes without acknowledgement.
 *
 * @throws NotConnectedError at once while the connection is away: nats.js would take it and drop it at the next dial
 */
export async function publish(
  connection: Connection,
  observers: Observers,
  subject: string,
  payload: unknown,
  { headers, reply, schema, confirmed, pattern = subject }: PublishOptions,
): Promise<void> {
  checkSubject(subject);
  if (reply !== undefined) checkSubject(reply, "reply subject");
  checkHeaders(headers);
  if (schema) await validated(schema, payload, subject, "message");
  const data = schema ? encodeJson(payload) : encodePayload(payload);
  await observers.around({ kind: "publish", subject, pattern, bytes: data.length }, async (added) => {
    const link = connection.ready ?? (await connection.link());
    const all = added ? { ...added, ...headers } : headers;
    if (!confirmed) link.publish(subject, data, { reply, headers: all });
    else await seen(connection, link, subject, () => link.publish(subject, data, { reply, headers: all }));
  });
}

/** @throws InvalidMessageError */
export function checkHeaders(headers: Headers | undefined): void {
  for (const name in headers) {
    const values = headers[name] ?? [];
    for (const each of typeof values === "string" ? [values] : values) checkHeader(name, each);
  }
}

/** Sends and flushes: the server refuses before it answers the flush. */
async function seen(connection: Connection, link: Link, subject: string, send: () => void): Promise<void> {
  let denied = false;
  const unlisten = connection.listen((event) => {
    if (event.kind === "denied" && event.operation === "publish" && event.subject === subject) denied = true;
  });
  try {
    send();
    await link.flush();
    // The refusal goes through an iterator of nats.js, which takes a few turns more than the flush.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    unlisten();
  }
  if (denied) throw new DeniedError("publish", subject);
}
