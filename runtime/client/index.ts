export type { PubAck } from "@nats-io/jetstream";
export type { Msg, MsgHdrs, NatsConnection, Payload } from "@nats-io/transport-node";
export { headers } from "@nats-io/transport-node";
export { parseServers, ServersError, serverProblems } from "../common/servers";
export { NatsClient, NatsClientClosedError, type NatsClientHealth, type NatsClientOptions } from "./program-client";
export * from "./public";
export { StreamPublishError, type StreamPublishOptions } from "./stream-publish";
