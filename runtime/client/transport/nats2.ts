import {
  type Authenticator,
  connect,
  createInbox,
  DebugEvents,
  ErrorCode,
  Events,
  headers,
  type NatsConnection,
  NatsError,
  type Status,
} from "nats";
import { NodeTransport } from "nats/lib/src/node_transport";
import { errorMessage } from "../../common/error-message";
import { type ClientError, DeniedError, InvalidMessageError, NotConnectedError } from "../errors";
import { tellClosedDials } from "./closed-dials";
import { DialPace } from "./dial-pace";
import type { LinkEvent, Transport } from "./link";
import { commonOptions, natsLink } from "./nats-link";
import { openBucket, openObjects } from "./nats2-stores";
import { closeUnfinished } from "./unfinished-sockets";

closeUnfinished(NodeTransport);
tellClosedDials(NodeTransport);

/** `nats` 2.29, the line that upstream left; a supported adapter. */
export const nats2: Transport = {
  name: "nats",
  async connect(options) {
    const pace = new DialPace(options);
    let made: NatsConnection | undefined;
    const connection = await connect({
      ...commonOptions(options),
      authenticator: [...options.authenticators] as Authenticator[],
      reconnectDelayHandler: () => pace.nextDelay(() => made && holdFirstDial(made)),
    }).catch((error: unknown) => {
      throw notConnected(error);
    });
    made = connection;
    const line = {
      newHeaders: headers,
      createInbox,
      eventOf,
      toClientError,
      bucket: (name: string) => openBucket(connection, name),
      objects: (name: string) => openObjects(connection, name),
    };
    return natsLink(connection, line, options, pace);
  },
};

/** Dates all servers anew: this line dials at once what was dialled long ago, and has no word for a pause before that. */
function holdFirstDial(connection: NatsConnection): void {
  const { protocol } = connection as unknown as { protocol: { servers: { servers: { lastConnect: number }[] } } };
  for (const server of protocol.servers.servers) server.lastConnect = Date.now();
}

const REFUSALS: string[] = [
  ErrorCode.AuthorizationViolation,
  ErrorCode.AuthenticationExpired,
  ErrorCode.AccountExpired,
  ErrorCode.AuthenticationTimeout,
];

function eventOf(status: Status): LinkEvent | undefined {
  if (status.type === Events.Disconnect) return { kind: "disconnected" };
  if (status.type === DebugEvents.Reconnecting) return { kind: "dialling" };
  if (status.type === Events.Reconnect) return { kind: "reconnected" };
  if (status.type === Events.LDM) return { kind: "lame-duck" };
  if (status.type !== Events.Error) return undefined;
  if (status.permissionContext) {
    const { operation, subject } = status.permissionContext;
    return { kind: "denied", operation: operation === "publish" ? "publish" : "subscribe", subject };
  }
  const reason = String(status.data);
  return { kind: REFUSALS.includes(reason) ? "refused" : "error", reason };
}

const INVALID: string[] = [
  ErrorCode.BadSubject,
  ErrorCode.BadHeader,
  ErrorCode.MaxPayloadExceeded,
  ErrorCode.BadPayload,
];

const isRefusal = (error: unknown) => error instanceof NatsError && REFUSALS.includes(error.code);

function toClientError(error: unknown): ClientError {
  if (error instanceof NatsError) {
    if (error.permissionContext) {
      const { operation, subject: denied } = error.permissionContext;
      return new DeniedError(operation === "publish" ? "publish" : "subscribe", denied);
    }
    if (INVALID.includes(error.code)) return new InvalidMessageError(error.message);
  }
  return notConnected(error);
}

const notConnected = (error: unknown) =>
  new NotConnectedError(errorMessage(error), { refused: isRefusal(error), cause: error });
