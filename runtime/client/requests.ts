import type { Connection } from "./connection";
import { type Endpoint, type EndpointSchema, fillSubject } from "./endpoint";
import { ClientError, ServiceError } from "./errors";
import { checkSubject } from "./names";
import type { Observers } from "./observe/observers";
import { decodeJson, encodeJson, encodePayload, validated } from "./payload";
import { checkHeaders } from "./publish";
import type { Resilience, RetryOptions } from "./resilience";
import { ERROR_CODE_HEADER, ERROR_TEXT_HEADER } from "./serve/service-headers";
import type { Headers, Link, Message } from "./transport/link";

/** Options of one request. */
export interface RequestOptions<Response = unknown> {
  /** @default the client's */
  timeoutMs?: number;
  headers?: Headers;
  /** Values of the endpoint's parameters. */
  parameters?: Readonly<Record<string, string>>;
  /** Sends again what is safe to send again. @default the client's, which is not to */
  retry?: RetryOptions | boolean;
  /** Handling it twice does no harm. @default the endpoint's, which is false */
  idempotent?: boolean;
  /** Resolves with this value when nobody listens: for data that may be missing while its service is. */
  noResponders?: { value: Response };
  /** Resolves with another value instead of rejecting, or throws what the caller is to get. */
  fallback?: (error: ClientError) => Response | Promise<Response>;
  /** Name of a subject that was put together, for the breaker, metrics and spans. @default the subject */
  pattern?: string;
}

/** What requests of a client have in common. */
export interface RequestSettings {
  connection: Connection;
  resilience: Resilience;
  observers: Observers;
  timeoutMs: number;
  retry: RetryOptions | false;
}

/** One request in its parts. */
interface Asked {
  subject: string;
  pattern: string;
  data: Uint8Array;
  timeoutMs: number;
  headers?: Headers;
}

/** Asks, and reads the answer by its schema. What has no layer around it goes straight to the connection. */
export function ask<Response>(
  settings: RequestSettings,
  target: string | Endpoint<unknown, unknown, unknown, Response>,
  payload: unknown,
  options: RequestOptions<Response> & { schema?: EndpointSchema<unknown, unknown, unknown, Response> },
): Promise<Response> {
  const { connection, observers, resilience, retry, timeoutMs } = settings;
  const link = connection.ready;
  const layered = !observers.none || !resilience.none || retry !== false || link === undefined;
  if (layered || typeof target !== "string" || Object.keys(options).length > 0)
    return askInLayers(settings, target, payload, options);
  try {
    checkSubject(target);
    return link
      .request(target, encodePayload(payload), { timeoutMs })
      .then((message) => answerOf(target, message)) as Promise<Response>;
  } catch (error) {
    return Promise.reject(error);
  }
}

async function askInLayers<Response>(
  settings: RequestSettings,
  target: string | Endpoint<unknown, unknown, unknown, Response>,
  payload: unknown,
  options: RequestOptions<Response> & { schema?: EndpointSchema<unknown, unknown, unknown, Response> },
): Promise<Response> {
  const endpoint = typeof target === "string" ? undefined : target;
  const schema = endpoint?.schema ?? options.schema;
  try {
    const subject = endpoint ? fillSubject(endpoint, options.parameters) : (target as string);
    checkSubject(subject);
    checkHeaders(options.headers);
    const checked = schema?.request && validated(schema.request, payload, subject, "request");
    if (checked instanceof Promise) await checked;
    const asked: Asked = {
      subject,
      pattern: endpoint?.pattern ?? options.pattern ?? subject,
      data: schema?.request ? encodeJson(payload) : encodePayload(payload),
      timeoutMs: options.timeoutMs ?? settings.timeoutMs,
      headers: options.headers,
    };
    const retries = options.retry === undefined ? settings.retry : options.retry === true ? {} : options.retry;
    const idempotent = options.idempotent ?? endpoint?.idempotent ?? false;
    const message = await settings.resilience.run(asked.pattern, { retries, idempotent }, () => once(settings, asked));
    if (!schema?.response) return message as Response;
    // Waited for only where there is something to wait for: each turn costs as much as a check.
    const read = validated(schema.response, decodeJson(message.data, subject, "response"), subject, "response");
    return read instanceof Promise ? await read : read;
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    if (options.noResponders && error.code === "no-responders") return options.noResponders.value;
    if (options.fallback) return options.fallback(error);
    throw error;
  }
}

function once(settings: RequestSettings, asked: Asked): Promise<Message> {
  const { observers } = settings;
  if (observers.none) return send(settings, asked, asked.headers);
  const { subject, pattern, data } = asked;
  return observers.around({ kind: "request", subject, pattern, bytes: data.length }, (added) =>
    send(settings, asked, added ? { ...added, ...asked.headers } : asked.headers),
  );
}

function send({ connection }: RequestSettings, asked: Asked, headers: Headers | undefined): Promise<Message> {
  const { subject, data, timeoutMs } = asked;
  const over = (link: Link) =>
    link.request(subject, data, { timeoutMs, headers }).then((message) => answerOf(subject, message));
  return connection.ready ? over(connection.ready) : connection.link().then(over);
}

/** The message, unless it says that it is an error. @throws ServiceError */
function answerOf(subject: string, message: Message): Message {
  const code = message.headers?.get(ERROR_CODE_HEADER);
  if (!code) return message;
  const status = /^[1-5]\d\d$/.test(code) ? Number(code) : 500;
  throw new ServiceError(subject, status, message.headers?.get(ERROR_TEXT_HEADER) ?? "");
}
