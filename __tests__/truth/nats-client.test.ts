import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { createUser, type KeyPair } from "nkeys.js";
import { inboxPrefix, NatsClient, type NatsClientOptions, StreamPublishError } from "../../runtime/client";
import { seedOf } from "../support/callout-keys";
import {
  makeCertificate,
  makeFolder,
  type NatsServer,
  removeFolder,
  startNatsServer,
} from "../support/callout-nats-server";
import { eventually } from "../support/eventually";

const folder = makeFolder();
const token = "hunter2";
let certFile: string;
let secure: NatsServer;
let plaintext: NatsServer;
let configuration: string;
const clients: NatsClient[] = [];

beforeAll(async () => {
  const { keyFile, ...certificate } = makeCertificate(folder);
  certFile = certificate.certFile;
  configuration = `
    server_name: client-test
    tls { cert_file: "${certFile}", key_file: "${keyFile}" }
    jetstream { store_dir: "STORE_DIR" }
    authorization { token: ${token} }`;
  secure = await startNatsServer(folder, configuration);
  plaintext = await startNatsServer(folder, `trace: true\nauthorization { token: ${token} }`);
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
});
afterAll(async () => {
  await secure?.stop();
  await plaintext?.stop();
  removeFolder(folder);
});

function client(options: Partial<NatsClientOptions> = {}): NatsClient {
  const made = new NatsClient({
    servers: secure.url,
    caFile: certFile,
    authentication: { kind: "token", token },
    connectTimeoutMs: 30_000,
    requestTimeoutMs: 30_000,
    ...options,
  });
  clients.push(made);
  return made;
}

test("a server without TLS gets credentials from nats.js, though the address says tls, but not from us", async () => {
  const servers = `tls://127.0.0.1:${plaintext.port}`;
  await expect(client({ servers, name: "ours" }).connection()).rejects.toThrow("tls");
  const connection = await connect({ servers, token, name: "nats.js" });
  await connection.close();
  // The server writes its log in order: what we had sent would stand before this.
  await eventually("CONNECT of nats.js", () => plaintext.log().includes('"name":"nats.js"'));
  expect(plaintext.log().match(/\[CONNECT /g)).toHaveLength(1);
});

test("a certificate that is not trusted, or for another name, is refused", async () => {
  await expect(client({ caFile: undefined }).connection()).rejects.toThrow("self-signed certificate");
  await expect(client({ tlsServername: "nats.example.com" }).connection()).rejects.toThrow("nats.example.com");
});

test("concurrent first uses share one connection, and nothing is dialled before", async () => {
  const lazy = client();
  expect(lazy.health().connected).toBe(false);
  const connections = await Promise.all(Array.from({ length: 20 }, () => lazy.connection()));
  expect(new Set(connections).size).toBe(1);
  expect(lazy.health()).toEqual({ connected: true, servers: [secure.url], reconnects: 0 });
});

test("a failed attempt is made again by the next use", async () => {
  const early = await startNatsServer(folder, configuration);
  await early.stop();
  const waiting = client({ servers: early.url });
  await expect(waiting.connection()).rejects.toThrow("connection refused");
  expect(waiting.health()).toMatchObject({
    connected: false,
    lastError: expect.stringContaining("connection refused"),
  });
  const late = await startNatsServer(folder, configuration, early.port);
  try {
    await expect(waiting.connection()).resolves.toBeDefined();
  } finally {
    await late.stop();
  }
});

test("a restart of the server is a reconnect", async () => {
  const first = await startNatsServer(folder, configuration);
  const faithful = client({ servers: first.url });
  await faithful.connection();
  await first.stop();
  await eventually("disconnected client", () => !faithful.health().connected);
  const again = await startNatsServer(folder, configuration, first.port);
  try {
    await eventually("reconnected client", () => faithful.health().connected);
    expect(faithful.health().reconnects).toBe(1);
    await expect(faithful.request("nobody.listens")).rejects.toThrow("no responders");
  } finally {
    await again.stop();
  }
});

test("of several logins the one that the server knows leads in, after every restart", async () => {
  const [fresh, old] = [createUser(), createUser()];
  const knowing = (user: KeyPair, port?: number) =>
    startNatsServer(
      folder,
      configuration.replace(`token: ${token}`, `users: [{ nkey: ${user.getPublicKey()} }]`),
      port,
    );
  const before = await knowing(old);
  const logins = [fresh, old].map((pair) => ({ kind: "nkey" as const, seed: seedOf(pair) }));
  const rotated = client({ servers: before.url, authentication: { kind: "in-turn", logins }, connectTimeoutMs: 5000 });
  try {
    // The first attempt is refused, and the caller tries again.
    const connects = () =>
      rotated.connection().then(
        () => true,
        () => undefined,
      );
    await eventually("connection by the old key", connects);
  } finally {
    await before.stop();
  }
  await eventually("disconnected client", () => !rotated.health().connected);
  const after = await knowing(fresh, before.port);
  try {
    await eventually("connection by the new key", () => rotated.health().connected);
  } finally {
    await after.stop();
  }
});

test("inboxes carry the prefix of the identity", async () => {
  const asUser = client({ inboxPrefix: "_INBOX.alice" });
  const connection = await asUser.connection();
  connection.subscribe("echo", { callback: (_, message) => void message.respond(message.reply) });
  expect((await asUser.request("echo")).string()).toMatch(/^_INBOX\.alice\./);
});

describe("publishing to a stream", () => {
  const createStream = async (by: NatsClient, name: string) =>
    (await jetstreamManager(await by.connection(), { timeout: 30_000 })).streams.add({
      name,
      subjects: [`${name}.>`],
    });

  test("goes on with one message id until a stream answers", async () => {
    const publisher = client();
    const publishing = publisher.publishToStream("LATE.a", "content", { messageId: "id-1" });
    await createStream(publisher, "LATE");
    expect(await publishing).toMatchObject({ stream: "LATE", seq: 1, duplicate: false });
    expect(await publisher.publishToStream("LATE.a", "content", { messageId: "id-1" })).toMatchObject({
      seq: 1,
      duplicate: true,
    });
    expect(await publisher.publishToStream("LATE.a", "content")).toMatchObject({ seq: 2 });
  });

  test("two identities that use one id drop none of each other's messages", async () => {
    const [alice, bob] = ["alice", "bob"].map((sub) => client({ inboxPrefix: inboxPrefix(sub) }));
    if (!alice || !bob) throw new Error("there are two");
    await createStream(alice, "SHARED");
    const published = (by: NatsClient) => by.publishToStream("SHARED.a", "content", { messageId: "1" });
    expect(await published(alice)).toMatchObject({ seq: 1, duplicate: false });
    expect(await published(bob)).toMatchObject({ seq: 2, duplicate: false });
    expect(await published(bob)).toMatchObject({ seq: 2, duplicate: true });
  });

  test("whoever knows identity and id can still use it first: then the other's message is dropped", async () => {
    const [alice, mallory] = [client({ inboxPrefix: inboxPrefix("alice") }), client()];
    await createStream(alice, "TAKEN");
    const raw = jetstream(await mallory.connection());
    expect(await raw.publish("TAKEN.mallory", "mine", { msgID: "alice.1" })).toMatchObject({ duplicate: false });
    const dropped = await alice.publishToStream("TAKEN.alice", "content", { messageId: "1" });
    expect(dropped).toMatchObject({ seq: 1, duplicate: true });
    expect(await alice.publishToStream("TAKEN.alice", "content")).toMatchObject({ seq: 2, duplicate: false });
  });

  test("gives up in time and names the message", async () => {
    const publishing = client().publishToStream("NEVER.a", "content", { messageId: "id-1", retryForMs: 300 });
    await expect(publishing).rejects.toThrow(StreamPublishError);
    await expect(publishing).rejects.toMatchObject({ messageId: "id-1", subject: "NEVER.a" });
  });
});

test("draining sends what is buffered and ends the client", async () => {
  const [sender, receiver] = [client(), client()];
  const received: string[] = [];
  const connection = await receiver.connection();
  connection.subscribe("drained", { callback: (_, message) => void received.push(message.string()) });
  await connection.flush();
  await sender.publish("drained", "last words");
  await sender.drain();
  await eventually("message", () => received.length > 0);
  await expect(sender.publish("drained", "more")).rejects.toThrow("closed");
});
