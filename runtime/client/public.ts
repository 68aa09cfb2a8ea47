export { NATS_CONFIG, type Plaintext } from "./addresses";
export type { Authentication } from "./authentication";
export { Client } from "./client";
export { defineEndpoint, type Endpoint, type EndpointSchema } from "./endpoint";
export { optionsFromEnvironment } from "./environment-options";
export {
  CircuitOpenError,
  ClientClosedError,
  ClientError,
  type ClientErrorCode,
  DeniedError,
  InvalidMessageError,
  NoRespondersError,
  NotConnectedError,
  SchemaError,
  type SchemaIssue,
  ServiceError,
  StalledError,
  StreamError,
  TimeoutError,
} from "./errors";
export { type ClientHealth, healthHandler } from "./health";
export {
  encodeIdentity,
  IdentityError,
  inboxPrefix,
  MAX_IDENTITY_BYTES,
  serviceInboxPrefix,
  userName,
} from "./identity";
export type { ConsumeContext, ConsumeOptions } from "./jetstream/consume-options";
export type { Stored, StoreOptions } from "./jetstream/publish-stored";
export type { Objects, ObjectsOptions } from "./jetstream/stores";
export type { Logger } from "./observe/log";
export type { ClientOptions } from "./options";
export type { StandardSchema } from "./payload";
export type { PublishOptions } from "./publish";
export type { RequestOptions } from "./requests";
export type { BreakerOptions, RetryOptions } from "./resilience";
export { RETRY_TABLE, type RetryRule } from "./retry-table";
export { HandlerError, STATUS_TEXTS, type Status } from "./serve/handler-error";
export type { Handler, HandlerContext } from "./serve/served-endpoint";
export type { ServeOptions, ServiceOptions } from "./serve/service";
export { drainOnSignals, type SignalOptions } from "./signals";
export type { SubscribeOptions, Subscription } from "./subscribe";
export type { OidcTokens } from "./token-source";
export type { Entry, Headers, LinkBucket, Message, ReceivedHeaders, Transport } from "./transport/link";
export { nats3 } from "./transport/nats3";
