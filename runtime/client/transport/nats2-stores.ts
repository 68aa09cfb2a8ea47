import type { NatsConnection } from "nats";
import { entryOf } from "./entry";
import type { LinkBucket, LinkObjects } from "./link";

export async function openBucket(connection: NatsConnection, name: string): Promise<LinkBucket> {
  const bucket = await connection.jetstream().views.kv(name, { bindOnly: true });
  return {
    async get(key) {
      const entry = await bucket.get(key);
      return entry === null ? undefined : entryOf(entry);
    },
    put: (key, value) => bucket.put(key, value),
    create: (key, value) => bucket.create(key, value),
    update: (key, value, revision) => bucket.update(key, value, revision),
    delete: (key) => bucket.delete(key),
    async watch(filter) {
      const watching = await bucket.watch(filter === undefined ? {} : { key: filter });
      return {
        stop: () => watching.stop(),
        async *[Symbol.asyncIterator]() {
          for await (const entry of watching) yield entryOf(entry);
        },
      };
    },
    keys: (filter) => bucket.keys(filter),
  };
}

export async function openObjects(connection: NatsConnection, name: string): Promise<LinkObjects> {
  const jetstream = connection.jetstream();
  // This line makes a store that it does not find.
  await (await jetstream.jetstreamManager()).streams.info(`OBJ_${name}`);
  const store = await jetstream.views.os(name);
  return {
    put: async (object, data) => (await store.put({ name: object }, data)).size,
    async get(object) {
      const found = await store.get(object);
      return found === null ? undefined : { size: found.info.size, data: found.data, done: found.error };
    },
    async delete(object) {
      await store.delete(object);
    },
    names: async () => (await store.list()).filter(({ deleted }) => !deleted).map((info) => info.name),
  };
}
