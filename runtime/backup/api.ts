import type { NatsConnection } from "@nats-io/transport-node";
import { NotYet, until } from "../client/retry";

/** Milliseconds that one request may take. Short: a request to a group without a leader is never answered. */
const REQUEST_TIMEOUT_MS = 5000;

/** An answer of the JetStream API that is an error; `api_error` is the field that runtime/client/retry.ts reads. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  constructor(
    request: string,
    readonly api_error: { code: number; err_code: number; description: string },
  ) {
    super(`${request}: ${api_error.description} (${api_error.err_code})`);
  }
}

/** JSON as nats-server wrote it: fields that this program does not know are kept. */
export type Json = Readonly<Record<string, unknown>>;

/**
 * One request to the JetStream API, `$JS.API.` left out of its name.
 *
 * @throws ApiRefusal for an error in the answer; NatsError when there is none
 */
export async function apiRequest<Answer extends object = Json>(
  nc: NatsConnection,
  request: string,
  body?: object,
  timeoutMs = REQUEST_TIMEOUT_MS,
): Promise<Answer> {
  const message = await nc.request(`$JS.API.${request}`, body && JSON.stringify(body), { timeout: timeoutMs });
  return answerOf(request, message.data);
}

/** The answer in a message's data. Throws ApiRefusal. */
export function answerOf<Answer extends object>(request: string, data: Uint8Array): Answer {
  const answer = JSON.parse(Buffer.from(data).toString("utf8")) as Answer & { error?: ApiRefusal["api_error"] };
  if (answer.error) throw new ApiRefusal(request, answer.error);
  return answer;
}

/** The same, repeated while servers start or elect a leader. The request must be safe to repeat. */
export function apiRequestUntil<Answer extends object = Json>(
  nc: NatsConnection,
  request: string,
  deadline: number,
  body?: object,
): Promise<Answer> {
  return until(request, deadline, () => apiRequest<Answer>(nc, request, body));
}

/**
 * All names of `STREAM.NAMES` or `CONSUMER.NAMES.<stream>`, sorted. They come from the cluster's own assignments: the
 * LIST requests leave out what has no leader.
 */
export async function names(nc: NatsConnection, request: string, deadline: number): Promise<string[]> {
  const key = request.startsWith("STREAM") ? "streams" : "consumers";
  const found: string[] = [];
  for (;;) {
    const page = await apiRequestUntil<{ total: number } & Record<string, string[] | null | undefined>>(
      nc,
      request,
      deadline,
      { offset: found.length },
    );
    const pageNames = page[key] ?? [];
    found.push(...pageNames);
    if (pageNames.length === 0 || found.length >= page.total) return found.sort();
  }
}

/** Fields of a stream's description that this program reads. */
export interface StreamDescription {
  readonly config: Json & { readonly name: string };
  readonly state: StreamState;
  readonly cluster?: { readonly leader?: string };
}

export interface StreamState {
  readonly messages: number;
  readonly bytes: number;
  readonly first_seq: number;
  readonly last_seq: number;
}

interface Sequences {
  readonly consumer_seq: number;
  readonly stream_seq: number;
}

export interface ConsumerDescription {
  readonly name: string;
  readonly config: Json;
  readonly delivered: Sequences;
  readonly ack_floor: Sequences;
  readonly cluster?: { readonly leader?: string };
}

/** A stream as its leader describes it: a replica without a leader may have less than was acknowledged. */
export function describeStream(nc: NatsConnection, stream: string, deadline: number): Promise<StreamDescription> {
  return until(`reading the stream ${stream}`, deadline, async () =>
    withLeader(await apiRequest<StreamDescription>(nc, `STREAM.INFO.${stream}`)),
  );
}

export function describeConsumer(
  nc: NatsConnection,
  stream: string,
  consumer: string,
  deadline: number,
): Promise<ConsumerDescription> {
  return until(`reading the consumer ${stream}/${consumer}`, deadline, async () =>
    withLeader(await apiRequest<ConsumerDescription>(nc, `CONSUMER.INFO.${stream}.${consumer}`)),
  );
}

function withLeader<Description extends { cluster?: { leader?: string } }>(description: Description): Description {
  if (description.cluster && !description.cluster.leader) throw new NotYet("it has no leader");
  return description;
}
