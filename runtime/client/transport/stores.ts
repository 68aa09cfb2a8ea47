import { entryOf, type NatsEntry } from "./entry";
import type { LinkBucket, LinkObjects } from "./link";

/** What both lines of nats.js have of a bucket. */
interface NatsBucket extends Pick<LinkBucket, "put" | "create" | "update" | "delete" | "keys"> {
  get(key: string): Promise<NatsEntry | null>;
  watch(options: { key?: string }): Promise<AsyncIterable<NatsEntry> & { stop(): void }>;
}

/** What both lines of nats.js have of an object store. */
interface NatsObjects {
  put(meta: { name: string }, data: ReadableStream<Uint8Array>): Promise<{ size: number }>;
  get(
    name: string,
  ): Promise<{ info: { size: number }; data: ReadableStream<Uint8Array>; error: Promise<Error | null> } | null>;
  delete(name: string): Promise<unknown>;
  list(): Promise<{ name: string; deleted: boolean }[]>;
}

export const linkBucket = (bucket: NatsBucket): LinkBucket => ({
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
});

export const linkObjects = (store: NatsObjects): LinkObjects => ({
  put: async (object, data) => (await store.put({ name: object }, data)).size,
  async get(object) {
    const found = await store.get(object);
    return found === null ? undefined : { size: found.info.size, data: found.data, done: found.error };
  },
  async delete(object) {
    await store.delete(object);
  },
  names: async () => (await store.list()).filter(({ deleted }) => !deleted).map((info) => info.name),
});
