import {
  type Authenticator,
  connect,
  createInbox,
  errors,
  headers,
  type NatsConnection,
  type Status,
} from "@nats-io/transport-node";
import { NodeTransport } from "@nats-io/transport-node/lib/node_transport";
import { errorMessage } from "../../common/error-message";
import { type ClientError, DeniedError, InvalidMessageError, NotConnectedError } from "../errors";
import { tellClosedDials } from "./closed-dials";
import { DialPace } from "./dial-pace";
import type { LinkEvent, Transport } from "./link";
import { commonOptions, natsLink } from "./nats-link";
import { openBucket, openObjects } from "./nats3-stores";
import { closeUnfinished } from "./unfinished-sockets";

closeUnfinished(NodeTransport);
tellClosedDials(NodeTransport);

/** `@nats-io/transport-node` 3, the line that is developed. */
export const nats3: Transport = {
  name: "@nats-io/transport-node",
  async connect(options) {
    const pace = new DialPace(options);
    const connection: NatsConnection = await connect({
      ...commonOptions(options),
      authenticator: [...options.authenticators] as Authenticator[],
      reconnectDelayHandler: () => pace.nextDelay(),
      reconnectToServer: ([server]) => (server ? { server, delay: pace.untilFirstDial() } : null),
    }).catch((error: unknown) => {
      throw notConnected(error);
    });
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

function eventOf(status: Status): LinkEvent | undefined {
  if (status.type === "disconnect") return { kind: "disconnected" };
  if (status.type === "reconnecting") return { kind: "dialling" };
  if (status.type === "reconnect") return { kind: "reconnected" };
  if (status.type === "ldm") return { kind: "lame-duck" };
  if (status.type !== "error") return undefined;
  const { error } = status;
  if (error instanceof errors.PermissionViolationError) {
    const { operation, subject, queue } = error;
    return { kind: "denied", operation: operation === "publish" ? "publish" : "subscribe", subject, queue };
  }
  return { kind: isRefusal(error) ? "refused" : "error", reason: error.message };
}

const isRefusal = (error: unknown) =>
  error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError;

function toClientError(error: unknown): ClientError {
  if (error instanceof errors.PermissionViolationError)
    return new DeniedError(error.operation === "publish" ? "publish" : "subscribe", error.subject);
  if (error instanceof errors.InvalidArgumentError || error instanceof errors.InvalidSubjectError)
    return new InvalidMessageError(error.message);
  return notConnected(error);
}

const notConnected = (error: unknown) =>
  new NotConnectedError(errorMessage(error), { refused: isRefusal(error), cause: error });
