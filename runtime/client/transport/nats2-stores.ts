import type { NatsConnection } from "nats";
import type { LinkBucket, LinkObjects } from "./link";
import { linkBucket, linkObjects } from "./stores";

export const openBucket = async (connection: NatsConnection, name: string): Promise<LinkBucket> =>
  linkBucket(await connection.jetstream().views.kv(name, { bindOnly: true }));

export async function openObjects(connection: NatsConnection, name: string): Promise<LinkObjects> {
  const jetstream = connection.jetstream();
  // This line makes a store that it does not find.
  await (await jetstream.jetstreamManager()).streams.info(`OBJ_${name}`);
  return linkObjects(await jetstream.views.os(name));
}
