import { EventEmitter, once } from "node:events";
import { createUser } from "nkeys.js";
import { pino } from "pino";
import {
  AUTH_REQUEST_SUBJECT,
  SERVERS_ANSWER_PREFIX,
  SERVERS_REQUEST_SUBJECT,
} from "../../../runtime/auth-callout/contract";
import { KnownServers } from "../../../runtime/auth-callout/known-servers";
import { AuthRules } from "../../../runtime/auth-callout/rules";
import { ServerRequests } from "../../../runtime/auth-callout/server-requests";
import { startNatsAuthCalloutService } from "../../../runtime/auth-callout/service";
import { headers, type NatsClient, type NatsConnection } from "../../../runtime/client";
import { makeKeys, openAnswer, publicKeyOf, requestClaims, seal, seedOf } from "../../support/callout-keys";

const keys = makeKeys();
const service = createUser();
const servicePermissions = { account: "APP", publish: { allow: ["orders"] }, subscribe: { allow: ["news"] } };
const rules = AuthRules.parse({
  mode: "callout",
  accounts: { APP: { id: "APP" } },
  permissions: [servicePermissions],
  services: { [service.getPublicKey()]: { name: "orders", ...servicePermissions } },
});
const login = () => ({
  nkey: service.getPublicKey(),
  sig: Buffer.from(service.sign(Buffer.from("nonce"))).toString("base64url"),
});

type Deliver = (error: null, message: object) => void;

/**
 * A connection to one server that asks within the very call that subscribes, and introduces itself as soon as it is asked
 * who it is: no server is faster.
 */
function hastyServer(): { client: NatsClient; answer: Promise<Uint8Array> } {
  const answers = new EventEmitter();
  const subscribed = new Map<string, Deliver>();
  const ask = (deliver: Deliver) => {
    const header = headers();
    header.set("Nats-Server-Xkey", publicKeyOf(keys.serverXkey));
    const data = seal(keys, requestClaims(keys, login(), { nonce: "nonce" }));
    deliver(null, { data, headers: header, respond: (answer: Uint8Array) => answers.emit("answer", answer) });
  };
  const connection = {
    subscribe(subject: string, { callback }: { callback: Deliver }) {
      subscribed.set(subject, callback);
      if (subject === AUTH_REQUEST_SUBJECT) ask(callback);
      return { drain: async () => undefined };
    },
    publish(subject: string, _: string, { reply }: { reply: string }) {
      if (subject !== SERVERS_REQUEST_SUBJECT) throw new Error(`nobody may publish on ${subject}`);
      const introduction = JSON.stringify({ server: { id: publicKeyOf(keys.server), name: "core-0" } });
      subscribed.get(reply)?.(null, { data: Buffer.from(introduction) });
    },
    flush: async () => undefined,
    isClosed: () => false,
    closed: () => new Promise(() => undefined),
  };
  const client = {
    connection: async () => connection as unknown as NatsConnection,
    health: () => ({ connected: true, servers: [], reconnects: 0 }),
  } as unknown as NatsClient;
  return { client, answer: once(answers, "answer").then(([answer]) => answer as Uint8Array) };
}

test.each([
  ["a server that has introduced itself", undefined],
  ["a server that is known otherwise", () => true],
])("a request of %s is answered though it comes with the subscription", async (_, isKnownServer) => {
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line: string) => void lines.push(line) });
  const { client, answer } = hastyServer();
  const responder = await startNatsAuthCalloutService({
    natsService: client,
    nKeyIssuerSeed: seedOf(keys.issuer),
    xKeyIssuerSeed: seedOf(keys.xkey),
    jwtIssuer: "http://127.0.0.1:9/",
    jwtAudience: "nats",
    natsAuthAccount: "AUTH",
    rules,
    isKnownServer,
    log,
  });
  const { nats } = openAnswer(keys, await answer);
  expect(nats).toMatchObject({ jwt: expect.any(String) });
  await responder.stop();
  expect(lines.filter((line) => line.includes("internal"))).toEqual([]);
});

test("a server that is asked before there is a connection is known with the first one", async () => {
  const serverRequests = new ServerRequests();
  const servers = new KnownServers({ serverRequests });
  const known = servers.has(publicKeyOf(keys.server), "core-0");
  const asked: string[] = [];
  serverRequests.connected({
    publish(subject, _, options) {
      asked.push(subject, options?.reply ?? "");
      servers.learn(JSON.stringify({ server: { id: publicKeyOf(keys.server) } }));
    },
    closed: () => new Promise(() => undefined),
  });
  expect(await known).toBe(true);
  expect(asked).toEqual([SERVERS_REQUEST_SUBJECT, serverRequests.answerSubject]);
  expect(serverRequests.answerSubject.startsWith(`${SERVERS_ANSWER_PREFIX}.`)).toBe(true);
  servers.stop();
});

test("a connection that was closed in the meantime does not break the one who asks", () => {
  const serverRequests = new ServerRequests();
  const closed = {
    publish() {
      throw new Error("CONNECTION_CLOSED");
    },
    closed: async () => undefined,
  };
  expect(() => serverRequests.connected(closed)).not.toThrow();
  expect(() => serverRequests.send("core-0")).not.toThrow();
});

test("servers are asked over every connection that is there, and over none that was closed", async () => {
  const serverRequests = new ServerRequests();
  const asked: string[] = [];
  const connection = (name: string, closed: Promise<void> = new Promise(() => undefined)) => ({
    publish: () => void asked.push(name),
    closed: () => closed,
  });
  let close: () => void = () => undefined;
  serverRequests.connected(connection("first", new Promise((resolve) => (close = resolve))));
  serverRequests.connected(connection("second"));
  serverRequests.send();
  expect(asked).toEqual(["first", "second", "first", "second"]);
  close();
  await new Promise((resolve) => setImmediate(resolve));
  serverRequests.send();
  expect(asked.slice(4)).toEqual(["second"]);
});
