export type { Msg, MsgHdrs, NatsConnection, Payload, PubAck } from "nats";
export { headers } from "nats";
export { parseServers, ServersError, serverProblems } from "../common/servers";
export { NatsClient, NatsClientClosedError, type NatsClientHealth, type NatsClientOptions } from "./program-client";
export * from "./public";
export { StreamPublishError, type StreamPublishOptions } from "./stream-publish";
export { nats2 } from "./transport/nats2";
