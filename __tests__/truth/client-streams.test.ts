import { connect, type JetStreamManager, type NatsConnection } from "nats";
import { z } from "zod";
import { type Client, HandlerError, inboxPrefix, StreamError } from "../../runtime/client";
import type { NatsServer } from "../support/callout-nats-server";
import { ClientWorld, transports } from "../support/client-world";
import { eventually } from "../support/eventually";

const world = new ClientWorld();
const store = `jetstream { store_dir: "${world.folder}/js" }`;
/** Whoever consumes, without any right to ask for information. */
const users = `
  authorization { users: [
    { user: all, password: x }
    { user: billing, password: x, permissions: {
      publish: { allow: ["$JS.API.CONSUMER.MSG.NEXT.ORDERS.billing", "$JS.ACK.ORDERS.billing.>"] },
      subscribe: { allow: ["_INBOX.>"] } } }
    { user: reader, password: x, permissions: {
      publish: { allow: ["$JS.API.>"] }, subscribe: { allow: ["_INBOX.>"] } } }
    { user: nobody, password: x, permissions: { publish: { deny: ">" }, subscribe: { allow: ["_INBOX.>"] } } }
  ] }
  no_auth_user: all`;
let server: NatsServer;
let connection: NatsConnection;
let jsm: JetStreamManager;

const admin = async () => {
  connection = await connect({ servers: server.url, maxReconnectAttempts: -1 });
  jsm = await connection.jetstreamManager({ timeout: 30_000 });
};
beforeAll(async () => {
  server = await world.server(store + users);
  await admin();
});
beforeEach(async () => {
  await jsm.streams.add({ name: "ORDERS", subjects: ["orders.>"] });
  // A server that is busy may still find the files of the stream that the last test deleted.
  await jsm.streams.purge("ORDERS");
  await makeConsumer();
});
afterEach(async () => {
  await world.closeClients();
  await jsm.streams.delete("ORDERS");
});
afterAll(async () => {
  await connection?.close();
  await world.end();
});

const makeConsumer = () =>
  jsm.consumers.add("ORDERS", { durable_name: "billing", ack_policy: "explicit" as never, ack_wait: 30_000_000_000 });
const as = (user: string) => ({ authentication: { kind: "user" as const, user, password: "x" } });
const from = { stream: "ORDERS", consumer: "billing" };

describe.each(transports)("over %s", (_, transport) => {
  const client = (options = {}) => world.client(server, transport, options);
  const consuming = async (by: Client, options = {}) => {
    const got: string[] = [];
    await by.consume({ ...from, handler: (message) => got.push(message.string()), ...options });
    return got;
  };

  test("two senders that count alike lose nothing, and one that says another thing under its key is told", async () => {
    const [alice, bob] = [client({ inboxPrefix: inboxPrefix("alice") }), client({ inboxPrefix: inboxPrefix("bob") })];
    const first = await alice.publishToStream("orders.a", "one", { key: "1" });
    expect(first).toMatchObject({ stream: "ORDERS", duplicate: false });
    const sequence = first.sequence + 1;
    const two = () => bob.publishToStream("orders.b", "two", { key: "1" });
    expect(await two()).toMatchObject({ sequence, duplicate: false });
    expect(await two()).toMatchObject({ sequence, duplicate: true });
    await expect(bob.publishToStream("orders.b", "three", { key: "1" })).rejects.toThrow(StreamError);
    await expect(bob.publishToStream("orders.c", "two", { key: "1" })).rejects.toThrow("another message");
  });

  test("a consumer with the right to pull alone goes on after a restart, and after its consumer was made again", async () => {
    const billing = client(as("billing"));
    const got = await consuming(billing, { heartbeatMs: 500 });
    await jsm.streams.info("ORDERS");
    connection.publish("orders.a", "before");
    await eventually("the first message", () => got.includes("before"));
    await server.stop();
    await eventually("disconnect", () => !billing.isConnected());
    server = await world.server(store + users, server.port);
    await eventually(
      "both again",
      async () =>
        billing.isConnected() &&
        (await connection.flush().then(
          () => true,
          () => false,
        )),
    );
    connection.publish("orders.a", "after");
    await eventually("a message after the restart", () => got.includes("after"));
    await jsm.consumers.delete("ORDERS", "billing");
    await eventually("a stall", () =>
      billing.health().problems.some((problem) => /ORDERS\/billing is stalled/.test(problem)),
    );
    await makeConsumer();
    connection.publish("orders.a", "anew");
    await eventually("a message of the new consumer", () => got.includes("anew"));
    expect(billing.health().problems).toEqual([]);
  });

  test("a consumer without rights is a stall that says which", async () => {
    const nobody = client(as("nobody"));
    await consuming(nobody, { heartbeatMs: 500 });
    await eventually("a stall", () =>
      nobody.health().problems.some((problem) => /may not publish to .*MSG\.NEXT/.test(problem)),
    );
    expect(nobody.health().ready).toBe(false);
  });

  test("what fails is delivered again later, what never fits is not, and no more are handled than the limit says", async () => {
    const billing = client();
    for (const value of [{ n: 1 }, "no JSON", { n: 2 }, { n: 3 }]) await billing.publishToStream("orders.a", value);
    const seen: [number, number][] = [];
    let running = 0;
    let most = 0;
    await billing.consume({
      ...from,
      schema: z.object({ n: z.number() }),
      concurrency: 1,
      handler: async ({ n }, { deliveries }) => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        seen.push([n, deliveries]);
        if (n === 2) throw new HandlerError(422);
        if (n === 3 && deliveries === 1) throw new Error("not yet");
      },
    });
    await eventually("the second delivery", () => seen.length === 4);
    expect(seen).toEqual([
      [1, 1],
      [2, 1],
      [3, 1],
      [3, 2],
    ]);
    expect(most).toBe(1);
    await eventually("nothing left", async () => (await jsm.consumers.info("ORDERS", "billing")).num_ack_pending === 0);
  });

  test("a bucket and an object store are read and written, and what may not be is one of our errors", async () => {
    const jetstream = connection.jetstream();
    await jetstream.views.kv("settings");
    await jetstream.views.os("files");
    const bucket = await client().bucket("settings");
    const revision = await bucket.put("a", Buffer.from("one"));
    expect(await bucket.get("a")).toMatchObject({ key: "a", revision, operation: "put" });
    expect(await bucket.get("none")).toBeUndefined();
    await expect(bucket.create("a", Buffer.from("two"))).rejects.toMatchObject({ code: "stream", number: 10071 });
    const watching = await bucket.watch("a");
    for await (const { value } of watching) {
      expect(Buffer.from(value).toString()).toBe("one");
      break;
    }
    const files = await client().objects("files");
    const content = Buffer.alloc(3 * 1024 * 1024, "x");
    expect(await files.put("big", new Blob([content]).stream())).toBe(content.length);
    expect(Buffer.compare((await files.get("big")) ?? Buffer.alloc(0), content)).toBe(0);
    expect(await files.get("none")).toBeUndefined();
    await expect(client().objects("missing")).rejects.toMatchObject({ code: "stream" });
  });

  test("a read of an object that stops, for want of the right to answer the server, is a stall that says so", async () => {
    await connection.jetstream().views.os("files");
    const content = Buffer.alloc(15 * 1024 * 1024, "x");
    await (await client().objects("files")).put("huge", new Blob([content]).stream());
    const stalled = await client(as("reader")).objects("files", { stallMs: 1000 });
    await expect(stalled.get("huge")).rejects.toMatchObject({
      code: "stalled",
      message: expect.stringMatching(/object files\/huge .*\$JS\.FC/),
    });
    expect((await (await client()).objects("files").then((files) => files.get("huge")))?.length).toBe(content.length);
  });

  test("draining waits for a message that is being handled, and its acknowledgement leaves", async () => {
    const billing = client();
    let release: (() => void) | undefined;
    await billing.consume({ ...from, handler: () => new Promise<void>((resolve) => (release = resolve)) });
    await billing.publishToStream("orders.a", "x");
    await eventually("the handler", () => release);
    const drained = billing.drain();
    release?.();
    await drained;
    const { num_ack_pending, num_pending } = await jsm.consumers.info("ORDERS", "billing");
    expect([num_ack_pending, num_pending]).toEqual([0, 0]);
  });
});
