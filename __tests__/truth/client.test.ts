import { once } from "node:events";
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from "node:net";
import { connect } from "nats";
import { z } from "zod";
import {
  type Client,
  type ClientError,
  DeniedError,
  defineEndpoint,
  HandlerError,
  InvalidMessageError,
  NoRespondersError,
  NotConnectedError,
  ServiceError,
  TimeoutError,
} from "../../runtime/client";
import type { NatsServer } from "../support/callout-nats-server";
import { ClientWorld, transports } from "../support/client-world";
import { eventually } from "../support/eventually";

const world = new ClientWorld();
let server: NatsServer;

beforeAll(async () => {
  server = await world.server(`
    authorization { users: [
      { user: all, password: x }
      { user: few, password: x, permissions: {
        publish: { deny: ["forbidden.>"] }, subscribe: { deny: ["forbidden.>", "$SRV.STATS"] } } }
    ] }
    no_auth_user: all`);
});
afterEach(() => world.closeClients());
afterAll(() => world.end());

/** What a rejected promise rejected with. */
const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A way to a server on this machine that can be closed, with all who are on it, and opened again. */
async function openWay(port: number) {
  const sockets = new Set<Socket>();
  const relay = createServer((near) => {
    const far = connectSocket(port, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on("error", () => to.destroy()).on("close", () => sockets.delete(from));
      from.pipe(to);
    }
  });
  const listen = async (at: number) => {
    relay.listen(at, "127.0.0.1");
    await once(relay, "listening");
  };
  await listen(0);
  const own = (relay.address() as AddressInfo).port;
  return {
    url: `nats://127.0.0.1:${own}`,
    open: () => listen(own),
    async close() {
      if (!relay.listening) return;
      relay.close();
      for (const socket of sockets) socket.destroy();
      await once(relay, "close");
    },
  };
}

/** Serves `slow.*`: each answer waits until it is let go. */
async function held(client: Client, subject: string) {
  const waiting: (() => void)[] = [];
  await client.serve(subject, {
    handler: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return "done";
    },
  });
  return waiting;
}

describe.each(transports)("over %s", (_, transport) => {
  const client = (options = {}) => world.client(server, transport, options);

  test("a first use connects, concurrent ones share the connection, and nothing is dialled before", async () => {
    const lazy = client({ name: "lazy" });
    expect(lazy.isConnected()).toBe(false);
    expect(lazy.health()).toMatchObject({ ready: true, nats: { connected: false } });
    await Promise.all(Array.from({ length: 20 }, () => lazy.publish("anywhere")));
    expect(lazy.health()).toMatchObject({ ready: true, nats: { connected: true, url: server.url } });
    expect(server.log().match(/lazy/g) ?? []).toEqual([]);
  });

  test.each([
    "a\r\nPUB admin.cmd 3\r\nyes\r\nPUB t",
    "a b",
    "a\tb",
    "a\u0000b",
    "a\u00a0b",
    "a..b",
    ".a",
    "a.",
    "",
    "a.*",
    "a.>",
  ])("a subject such as %j never reaches the wire, wherever it stands", async (subject) => {
    const careful = client({ name: "careful" });
    const heard: string[] = [];
    await careful.subscribe(">", ({ subject: got }) => heard.push(got));
    for (const attempt of [
      careful.request(subject, "x"),
      careful.publish(subject, "x"),
      careful.publish("right", "x", { reply: subject }),
      careful.serve("served", { queue: subject, handler: () => "x" }),
      careful.subscribe("heard", () => {}, { queue: subject }),
    ])
      expect(await rejection(attempt)).toBeInstanceOf(InvalidMessageError);
    expect(() => client({ inboxPrefix: subject })).toThrow(InvalidMessageError);
    await careful.publish("last", "x", { confirmed: true });
    await eventually("last message", () => heard.includes("last"));
    expect(heard).toEqual(["last"]);
  });

  test("a header with a line break never reaches the wire", async () => {
    const attempt = client().publish("right", "x", { headers: { name: "a\r\nNats-Rollup: all" } });
    expect(await rejection(attempt)).toBeInstanceOf(InvalidMessageError);
  });

  test("nobody who listens, nobody who answers, and an error of the responder are three errors", async () => {
    const asking = client({ name: "asking" });
    expect(await rejection(asking.request("nobody"))).toBeInstanceOf(NoRespondersError);
    await asking.subscribe("mute", () => {});
    const late = await rejection(asking.request("mute", "", { timeoutMs: 50 }));
    expect(late).toBeInstanceOf(TimeoutError);
    expect(late).toMatchObject({ code: "timeout", subject: "mute", afterMs: 50, connectionLost: false });
    await asking.serve("unknown", {
      handler: () => {
        throw new HandlerError(404, "no user 7 in shard 3");
      },
    });
    const answered = await rejection(asking.request("unknown"));
    expect(answered).toBeInstanceOf(ServiceError);
    expect(answered).toMatchObject({ code: "service", status: 404, text: "not found" });
  });

  test("what is not known may be replaced for one call, an outage never by default", async () => {
    const asking = client();
    expect(await asking.request("nobody", "", { noResponders: { value: undefined as never } })).toBeUndefined();
    await asking.subscribe("mute", () => {});
    const options = { timeoutMs: 50, noResponders: { value: undefined as never } };
    expect(await rejection(asking.request("mute", "", options))).toBeInstanceOf(TimeoutError);
    const fallback = (error: ClientError) => error.code as never;
    expect(await asking.request("nobody", "", { fallback })).toBe("no-responders");
  });

  test("a typed endpoint carries values, parameters included, and refuses others on both sides", async () => {
    const getUser = defineEndpoint("user.{id}.get", {
      request: z.object({ fields: z.array(z.string()).default(["name"]) }),
      response: z.object({ id: z.string(), fields: z.array(z.string()) }),
    });
    const serving = client({ name: "users" });
    await serving.serve(getUser, {
      handler: ({ fields }, { parameters }) =>
        parameters.id === "wrong" ? ({ id: 7 } as never) : { id: parameters.id ?? "", fields },
    });
    const asking = client();
    const id = "a.b *\r\n>é";
    expect(await asking.request(getUser, { fields: ["mail"] }, { parameters: { id } })).toEqual({
      id,
      fields: ["mail"],
    });
    expect(await rejection(asking.request(getUser, { fields: [7] } as never, { parameters: { id } }))).toMatchObject({
      code: "schema",
      what: "request",
      issues: [{ path: "fields.0" }],
    });
    expect(await rejection(asking.request("user.7.get", "no JSON"))).toMatchObject({
      status: 400,
      text: "bad request",
    });
    const wrong = asking.request(getUser, { fields: [] }, { parameters: { id: "wrong" } });
    expect(await rejection(wrong)).toMatchObject({ code: "service", status: 500, text: "internal error" });
    const other = { schema: { response: z.object({ id: z.number() }) } };
    expect(await rejection(asking.request("user.7.get", {}, other))).toMatchObject({
      code: "schema",
      what: "response",
    });
  });

  test("a handler that throws, at once or later and whatever text, is an answer, and the next request is served", async () => {
    const secret = "postgres://admin:hunter2@db\r\nNats-Rollup: all";
    const logged: object[] = [];
    const logger = { info() {}, warn: (line: object) => logged.push(line), error: (line: object) => logged.push(line) };
    const serving = client({ name: "thrower", logger });
    let requests = 0;
    await serving.serve("throws", {
      handler: () => {
        requests++;
        if (requests === 2) throw new Error(secret);
        if (requests === 3) return Promise.reject(new Error(secret));
        if (requests === 4) throw undefined;
        return "fine";
      },
    });
    const asking = client();
    const ask = () => asking.request("throws", "", { timeoutMs: 1000 });
    expect((await ask()).string()).toBe("fine");
    for (const failing of [2, 3, 4]) {
      const answer = await rejection(ask());
      expect(answer).toMatchObject({ code: "service", status: 500, text: "internal error" });
      expect([failing, String(answer)]).toEqual([failing, expect.not.stringContaining("hunter2")]);
    }
    expect((await ask()).string()).toBe("fine");
    expect(JSON.stringify(logged)).toContain("hunter2");
    const stats = (await asking.request("$SRV.STATS.thrower")).json<{ endpoints: object[] }>();
    expect(stats.endpoints).toEqual([
      expect.objectContaining({ num_requests: 5, num_errors: 3, last_error: "500:internal error" }),
    ]);
  });

  test("a subscriber that throws does not make the connection deaf", async () => {
    const hearing = client();
    const heard: string[] = [];
    await hearing.subscribe("tricky", (message) => {
      heard.push(message.string());
      throw new Error("no");
    });
    for (const text of ["one", "two"]) await hearing.publish("tricky", text);
    await eventually("two messages", () => heard.length === 2);
    expect(await rejection(hearing.request("nobody"))).toBeInstanceOf(NoRespondersError);
  });

  test("as many requests as the limit says are handled at once, some wait, and the rest is told", async () => {
    const serving = client({ name: "limited" });
    const waiting: (() => void)[] = [];
    await serving.serve("limited", {
      concurrency: 2,
      waiting: 1,
      handler: () => new Promise<string>((resolve) => waiting.push(() => resolve("done"))),
    });
    const asking = client();
    const asked = Array.from({ length: 4 }, () => rejection(asking.request("limited")));
    expect(await Promise.race(asked)).toMatchObject({ status: 429, text: "too many requests" });
    expect(waiting).toHaveLength(2);
    for (let i = 0; i < 3; i++) (await eventually("a handler", () => waiting.shift()))();
    expect((await Promise.all(asked)).filter((error) => error !== undefined)).toHaveLength(1);
  });

  test("draining waits for handlers, and their answers leave", async () => {
    const serving = client({ name: "draining" });
    const waiting = await held(serving, "slow");
    const asking = client();
    const answers = Array.from({ length: 3 }, () => asking.request("slow"));
    await eventually("three handlers", () => waiting.length === 3);
    const drained = serving.drain();
    expect(serving.health()).toMatchObject({ ready: false, problems: ["the client is draining"] });
    // It takes nothing new by now, while the old ones are still at work.
    await eventually(
      "a responder less",
      async () => (await rejection(asking.request("slow", "", { timeoutMs: 300 }))) instanceof NoRespondersError,
    );
    for (const let_go of waiting) let_go();
    expect((await Promise.all(answers)).map((answer) => answer.string())).toEqual(["done", "done", "done"]);
    await drained;
    expect(await rejection(serving.publish("anything"))).toBeInstanceOf(NotConnectedError);
  });

  test("draining ends in time when a handler never does, and without a server", async () => {
    const serving = client({ name: "stuck" });
    let signal: AbortSignal | undefined;
    await serving.serve("stuck", {
      handler: (_request, context) => {
        signal = context.signal;
        return new Promise(() => {});
      },
    });
    const asking = client();
    void rejection(asking.request("stuck"));
    await eventually("the handler", () => signal);
    await serving.drain(50);
    expect(signal?.aborted).toBe(true);

    const mortal = await world.server();
    const orphan = world.client(mortal, transport, { name: "orphan" });
    await held(orphan, "slow");
    await mortal.stop();
    await eventually("disconnect", () => !orphan.isConnected());
    await orphan.drain();
    expect(orphan.health()).toMatchObject({ ready: false, nats: { connected: false } });
  });

  test("nothing is sent into a connection that is away, and what was asked is told at once", async () => {
    const mortal = await world.server();
    const patient = world.client(mortal, transport);
    await patient.subscribe("mute", () => {});
    const asked = rejection(patient.request("mute"));
    await mortal.stop();
    expect(await asked).toMatchObject({ code: "timeout", connectionLost: true });
    await eventually("disconnect", () => !patient.isConnected());
    const outcomes = await Promise.all([
      ...Array.from({ length: 100 }, () => rejection(patient.publish("counted"))),
      rejection(patient.request("anything")),
    ]);
    expect(new Set(outcomes.map((error) => (error as ClientError).code))).toEqual(new Set(["not-connected"]));
    expect(patient.health()).toMatchObject({ ready: false, problems: [expect.stringContaining("not connected")] });
    await world.server("", mortal.port);
    await eventually("reconnect", () => patient.isConnected());
    expect(await rejection(patient.request("nobody"))).toBeInstanceOf(NoRespondersError);
  });

  test("a first connect says why it failed, in time, and leaves nothing behind", async () => {
    const gone = await world.server();
    await gone.stop();
    const early = world.client(gone, transport, { connectTimeoutMs: 2000 });
    expect(await rejection(early.connect())).toMatchObject({
      code: "not-connected",
      message: expect.stringMatching(/refused/i),
    });
    const locked = await world.server("authorization { token: hunter2 }");
    const stranger = world.client(locked, transport, { authentication: { kind: "token", token: "wrong" } });
    expect(await rejection(stranger.connect())).toMatchObject({
      refused: true,
      message: expect.stringMatching(/authorization/i),
    });
    expect(stranger.health()).toMatchObject({
      ready: false,
      nats: { refusals: 1 },
      problems: [expect.stringContaining("refused by")],
    });
    // An account, and a server, with as many connections as they may have.
    for (const [limit, words] of [
      [
        "accounts { A { users: [{ user: a, password: x }], limits { max_connections: 1 } } }\nno_auth_user: a",
        "account active",
      ],
      ["max_connections: 1", "maximum connections"],
    ] as const) {
      const full = await world.server(limit);
      await world.client(full, transport).connect();
      const begun = performance.now();
      const late = world.client(full, transport, { connectTimeoutMs: 20_000 });
      const refusal = (await rejection(late.connect())) as NotConnectedError;
      // What the server says is lost where it has closed before our login arrives.
      if (refusal.refused) {
        expect(refusal.message).toContain(words);
        expect(late.health().problems).toEqual([expect.stringMatching(`refused by NATS: .*${words}`)]);
      } else expect(refusal.message).toMatch(/closed the connection/);
      expect(performance.now() - begun).toBeLessThan(10_000);
    }
    // One that closes without a word, or whose words were lost.
    const { createServer } = await import("node:net");
    const closing = createServer((socket) => {
      socket.once("data", () => socket.destroy());
      socket.write('INFO {"server_id":"x","version":"2.15.2","proto":1,"max_payload":1048576}\r\n');
    }).listen(0, "127.0.0.1");
    await new Promise((done) => closing.once("listening", done));
    const shutUrl = `nats://127.0.0.1:${(closing.address() as import("node:net").AddressInfo).port}`;
    const shut = world.client({ ...gone, url: shutUrl }, transport, { connectTimeoutMs: 20_000 });
    expect(await rejection(shut.connect())).toMatchObject({
      refused: false,
      message: expect.stringMatching(/closed the connection/),
    });
    closing.close();
    // A server that says nothing.
    const mute = await import("node:net").then(({ createServer }) => createServer().listen(0, "127.0.0.1"));
    const sockets = new Set<import("node:net").Socket>();
    mute.on("connection", (socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
    });
    await new Promise((resolve) => mute.once("listening", resolve));
    const { port } = mute.address() as import("node:net").AddressInfo;
    const waiting = world.client({ ...gone, url: `nats://127.0.0.1:${port}` }, transport, { connectTimeoutMs: 1000 });
    expect(await rejection(waiting.connect())).toMatchObject({ code: "not-connected" });
    await eventually("no socket", () => sockets.size === 0);
    await new Promise((resolve) => mute.close(resolve));
  });

  test("refusals are counted and never final", async () => {
    const token = (value: string) => `authorization { token: ${value} }`;
    let presented = "right";
    const first = await world.server(token("right"));
    const faithful = world.client(first, transport, { authentication: { kind: "token", token: () => presented } });
    await faithful.connect();
    for (const round of [1, 2]) {
      presented = "wrong";
      await first.stop();
      const again = await world.server(token("right"), first.port);
      await eventually(`refusal ${round}`, () => faithful.health().nats.refusals >= 2);
      expect(faithful.health().problems).toEqual([expect.stringContaining("refused by NATS")]);
      presented = "right";
      await eventually(`reconnect ${round}`, () => faithful.isConnected());
      expect(faithful.health()).toMatchObject({ ready: true, nats: { refusals: 0 } });
      Object.assign(first, again);
    }
  });

  test("a server without room for it is dialled again until there is", async () => {
    const narrow = await world.server("max_connections: 1");
    // Its way can be closed until the only place is taken: else it would take it again itself.
    const way = await openWay(narrow.port);
    try {
      const patient = world.client({ ...narrow, url: way.url }, transport, { connectTimeoutMs: 2000 });
      await patient.connect();
      await way.close();
      await eventually("it is cut off", () => !patient.isConnected());
      const other = world.client(narrow, transport);
      await eventually("the other one is in", async () => {
        await other.connect().catch(() => undefined);
        return other.isConnected();
      });
      const refused = () => narrow.log().match(/maximum connections/g)?.length ?? 0;
      const before = refused();
      await way.open();
      // By more dials than a first connect would try.
      await eventually("it is refused three times", () => refused() >= before + 3);
      expect(patient.isConnected()).toBe(false);
      await other.close();
      await eventually("it is back", () => patient.isConnected());
    } finally {
      await way.close();
    }
  });

  test("an endpoint that the server refuses is one failure that names it, and the others serve", async () => {
    const limited = client({
      name: "limited",
      authentication: { kind: "user", user: "few", password: "x" },
    });
    await limited.serve("forbidden.one", { handler: () => "one" });
    await limited.serve("allowed.two", { handler: () => "two" });
    expect(limited.health()).toMatchObject({
      ready: false,
      problems: [expect.stringMatching(/^endpoint forbidden\.one is refused/)],
      warnings: [expect.stringContaining("$SRV.STATS is refused")],
    });
    expect((await client().request("allowed.two")).string()).toBe("two");
    expect(await rejection(limited.publish("forbidden.x", "", { confirmed: true }))).toBeInstanceOf(DeniedError);
    expect(await rejection(limited.request("forbidden.x"))).toMatchObject({ code: "denied", operation: "publish" });
    expect(await rejection(limited.subscribe("forbidden.x", () => {}))).toMatchObject({ operation: "subscribe" });
  });

  test("an open breaker sends nothing, and a trial that succeeds closes it", async () => {
    const asking = client({ breaker: { failures: 2, trialAfterMs: 100 }, name: "breaker" });
    const ask = () => rejection(asking.request("later"));
    expect([await ask(), await ask(), await ask()].map((error) => (error as ClientError).code)).toEqual([
      "no-responders",
      "no-responders",
      "circuit-open",
    ]);
    // Another subject has a breaker of its own.
    expect(await rejection(asking.request("other"))).toBeInstanceOf(NoRespondersError);
    await asking.serve("later", { handler: () => "now" });
    await eventually("a closed breaker", async () => (await ask()) === undefined);
  });

  test("what nobody got is sent again, what may have been handled only where that does no harm", async () => {
    const asking = client({ name: "retrying", retry: { attempts: 3, firstPauseMs: 10 } });
    let heard = 0;
    await asking.subscribe("mute", () => void heard++);
    expect(await rejection(asking.request("mute", "", { timeoutMs: 50 }))).toBeInstanceOf(TimeoutError);
    expect(heard).toBe(1);
    expect(await rejection(asking.request("mute", "", { timeoutMs: 50, idempotent: true }))).toBeInstanceOf(
      TimeoutError,
    );
    expect(heard).toBe(4);
    const late = asking.request("late", "", { retry: { attempts: 20, firstPauseMs: 20, longestPauseMs: 100 } });
    await asking.serve("late", { handler: () => "here" });
    expect((await late).string()).toBe("here");
  });
});

test("the libraries themselves write a second command of a subject's line breaks, or close at a wildcard: that is why we check", async () => {
  const connection = await connect({ servers: server.url });
  const heard: string[] = [];
  connection.subscribe("admin.cmd", { callback: (_, message) => void heard.push(message.string()) });
  await connection.flush();
  connection.publish("a 0\r\n\r\nPUB admin.cmd 3\r\nyes\r\nPUB t", "");
  await eventually("the second command", () => heard.length === 1);
  await connection.close();
});
