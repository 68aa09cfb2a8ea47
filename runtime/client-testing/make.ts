import { Client } from "../client/client";
import { toConsumerConfig, toStreamConfig } from "../streams/server-config";
import { consumerSettings, streamSettings } from "../streams/stream-settings";
import type { TestClientOptions, TestServerOptions } from "./options";
import type { TestEnvironment } from "./spec";

type Ask = (request: string, body: object) => Promise<void>;

/** Makes something in an account, by who may do everything there. @throws Error with the server's words */
export async function withRights(options: TestClientOptions, make: (ask: Ask) => Promise<void>): Promise<void> {
  const client = new Client({ ...options, tracing: false, requestTimeoutMs: 30_000 });
  try {
    await make(async (request, body) => {
      const { error } = (await client.request(`$JS.API.${request}`, body)).json<{ error?: { description: string } }>();
      if (error) throw new Error(`${request}: ${error.description}`);
    });
  } finally {
    await client.close();
  }
}

/** A stream of an environment, with its consumers. */
export async function makeStream(ask: Ask, { stream }: TestEnvironment["streams"][number]): Promise<void> {
  const { name, consumers } = stream;
  await ask(`STREAM.CREATE.${name}`, toStreamConfig(name, streamSettings(stream), OWNER));
  for (const consumer of consumers)
    await ask(`CONSUMER.DURABLE.CREATE.${name}.${consumer.name}`, {
      stream_name: name,
      config: toConsumerConfig(consumer.name, consumerSettings(consumer), OWNER),
    });
}

const OWNER = "test";

/** Streams and buckets that a test asks for by itself. */
export async function makeOwn(ask: Ask, { streams = [], buckets = [] }: TestServerOptions): Promise<void> {
  for (const { name, subjects, consumers = [] } of streams) {
    await ask(`STREAM.CREATE.${name}`, { name, subjects, storage: "file", retention: "limits" });
    for (const durable_name of consumers)
      await ask(`CONSUMER.DURABLE.CREATE.${name}.${durable_name}`, {
        stream_name: name,
        config: { durable_name, ack_policy: "explicit" },
      });
  }
  for (const bucket of buckets)
    await ask(`STREAM.CREATE.KV_${bucket}`, {
      name: `KV_${bucket}`,
      subjects: [`$KV.${bucket}.>`],
      ...{ storage: "file", retention: "limits", discard: "new" },
      ...{ max_msgs_per_subject: 1, allow_rollup_hdrs: true, deny_delete: true, allow_direct: true },
    });
}
