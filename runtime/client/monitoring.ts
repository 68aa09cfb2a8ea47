import { z } from "zod";

/**
 * State that a server reports of itself, on its monitoring port and to the system account: the fields that are read
 * here, under the server's own names.
 */
export const Varz = z.object({
  server_name: z.string(),
  version: z.string(),
  connections: z.number(),
  /** When its process began. */
  start: z.string().optional(),
  config_digest: z.string().optional(),
  config_load_time: z.string().optional(),
  cluster: z.object({ name: z.string().optional() }).optional(),
});
export type Varz = z.output<typeof Varz>;

export const Routez = z.object({ routes: z.array(z.object({ remote_name: z.string().optional() })).nullish() });
export type Routez = z.output<typeof Routez>;

/** What one server reports. Its `replicas` count where it is the leader itself: only that one knows its followers. */
const MetaGroup = z.object({
  leader: z.string().optional(),
  cluster_size: z.number(),
  replicas: z
    .array(
      z.object({
        name: z.string(),
        /** The name's hash: where a server has not been seen, all that is known of it. */
        peer: z.string().optional(),
        current: z.boolean(),
        offline: z.boolean().optional(),
      }),
    )
    .nullish(),
});

/** Streams are in it only where they are requested: the server's own, each with the state of its own copy. */
export const Jsz = z.object({
  meta_cluster: MetaGroup.optional(),
  /** Of which it holds a replica, in all accounts. */
  streams: z.number().optional(),
  account_details: z
    .array(
      z.object({
        name: z.string().default(""),
        /** Public key in operator mode. */
        id: z.string().optional(),
        stream_detail: z.array(z.object({ name: z.string(), state: z.object({ last_seq: z.number() }) })).nullish(),
      }),
    )
    .nullish(),
});
export type Jsz = z.output<typeof Jsz>;

export const Leafz = z.object({
  leafs: z.array(z.object({ name: z.string().default(""), account: z.string() })).nullish(),
});
export type Leafz = z.output<typeof Leafz>;

export const Healthz = z.object({ status: z.string(), error: z.string().optional() });
export type Healthz = z.output<typeof Healthz>;
