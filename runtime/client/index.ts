export type { Msg, MsgHdrs, NatsConnection, Payload, PubAck, Subscription } from "nats";
export { headers } from "nats";
export { parseServers, ServersError, serverProblems } from "../common/servers";
export type { Authentication } from "./authentication";
export { NatsClient, NatsClientClosedError, type NatsClientHealth, type NatsClientOptions } from "./client";
export {
  encodeIdentity,
  IdentityError,
  inboxPrefix,
  MAX_IDENTITY_BYTES,
  serviceInboxPrefix,
  userName,
} from "./identity";
export { StreamPublishError, type StreamPublishOptions } from "./stream-publish";
