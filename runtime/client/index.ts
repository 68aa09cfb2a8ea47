export type { Msg, MsgHdrs, NatsConnection, Payload, PubAck, Subscription } from "nats";
export { headers } from "nats";
export type { Authentication } from "./authentication";
export { NatsClient, NatsClientClosedError, type NatsClientHealth, type NatsClientOptions } from "./client";
export { encodeIdentity, IdentityError, inboxPrefix, MAX_IDENTITY_BYTES, serviceInboxPrefix } from "./identity";
export { parseServers, ServersError, serverProblems } from "./servers";
export { StreamPublishError, type StreamPublishOptions } from "./stream-publish";
