import { errorMessage } from "../../common/error-message";
import type { ClientError } from "../errors";
import { Asked } from "./asked";
import type { DialPace } from "./dial-pace";
import type { Headers, Link, LinkBucket, LinkEvent, LinkObjects, LinkOptions, Message } from "./link";

/** Options that both lines of nats.js know by the same names. */
export function commonOptions(options: LinkOptions) {
  const { servers, tls, name, inboxPrefix, timeoutMs, pingIntervalMs, onClosedDial } = options;
  return {
    servers: [...servers],
    // Always set: without it nats.js connects in clear when a server offers no TLS, whatever the scheme says.
    tls: tls ?? null,
    timeout: timeoutMs,
    pingInterval: pingIntervalMs,
    ...(name !== undefined && { name }),
    ...(inboxPrefix !== undefined && { inboxPrefix }),
    maxReconnectAttempts: -1,
    // Each request would otherwise build two stack traces: half of its time.
    noAsyncTraces: true,
    // nats.js gives up at the second refusal of a connection's life, a year apart or not.
    ignoreAuthErrorAbort: true,
    // nats.js hands its options on to the transport, which has learned this one: closed-dials.ts.
    onClosedDial,
  };
}

/** What both lines of nats.js have in common, as far as it is used. */
interface Connection<MsgHdrs, Status> {
  publish(subject: string, data: Uint8Array, options?: { reply?: string; headers?: MsgHdrs }): void;
  subscribe(
    subject: string,
    options: { queue?: string; callback: (error: Error | null, message: Message) => void },
  ): { unsubscribe(): void; drain(): Promise<void> };
  flush(): Promise<void>;
  close(): Promise<void>;
  // biome-ignore lint/suspicious/noConfusingVoidType: as nats.js declares it
  closed(): Promise<void | Error>;
  status(): AsyncIterable<Status>;
  getServer(): string;
  readonly info?: { max_payload: number };
}

interface Settable {
  set(name: string, value: string): void;
  append(name: string, value: string): void;
}

/** In what the lines differ. */
interface Line<MsgHdrs extends Settable, Status> {
  newHeaders(): MsgHdrs;
  createInbox(prefix?: string): string;
  eventOf(status: Status): LinkEvent | undefined;
  toClientError(error: unknown): ClientError;
  bucket(name: string): Promise<LinkBucket>;
  objects(name: string): Promise<LinkObjects>;
}

/** A {@link Link} over a connection of either line. */
export function natsLink<MsgHdrs extends Settable, Status>(
  connection: Connection<MsgHdrs, Status>,
  line: Line<MsgHdrs, Status>,
  { inboxPrefix, onEvent }: LinkOptions,
  pace: DialPace,
): Link {
  const headersOf = (given: Headers): MsgHdrs => {
    const made = line.newHeaders();
    for (const [name, value] of Object.entries(given))
      if (typeof value === "string") made.set(name, value);
      else for (const each of value) made.append(name, each);
    return made;
  };
  const subscribe: Link["subscribe"] = (subject, { queue }, callback) =>
    connection.subscribe(subject, {
      ...(queue !== undefined && { queue }),
      callback: (error, message) => {
        try {
          callback(error ? line.toClientError(error) : undefined, message);
        } catch (thrown) {
          // One that reached nats.js would end its reader: a connection that looks alive and hears nothing.
          onEvent({ kind: "error", reason: `a handler of ${subject} threw: ${errorMessage(thrown)}` });
        }
      },
    });
  const publish: Link["publish"] = (subject, data, options) => {
    try {
      if (options === undefined) connection.publish(subject, data);
      else {
        const { reply, headers } = options;
        connection.publish(subject, data, { reply, headers: headers && headersOf(headers) });
      }
    } catch (error) {
      throw line.toClientError(error);
    }
  };
  const newInbox = () => line.createInbox(inboxPrefix);
  const asked = new Asked({ newInbox, publish, subscribe: (subject, heard) => subscribe(subject, {}, heard) });
  const follow = async () => {
    for await (const status of connection.status()) {
      const event = line.eventOf(status);
      if (event?.kind === "reconnected") pace.connected();
      if (event?.kind === "disconnected") asked.lost();
      if (event?.kind === "denied" && event.operation === "publish") asked.denied(event.subject);
      if (event) onEvent(event);
    }
  };
  pace.connected();
  void follow();
  return {
    raw: connection,
    maxPayload: connection.info?.max_payload ?? 1024 * 1024,
    get server() {
      return connection.getServer();
    },
    closed: connection.closed().then((error) => {
      asked.lost();
      return error || undefined;
    }),
    publish,
    request: (subject, data, { timeoutMs, headers }) => asked.ask(subject, data, timeoutMs, headers),
    subscribe,
    flush: () => connection.flush(),
    newInbox,
    close: () => connection.close(),
    bucket: line.bucket,
    objects: line.objects,
  };
}
