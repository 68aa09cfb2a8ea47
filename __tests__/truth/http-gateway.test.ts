import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { headers, type Msg } from "@nats-io/transport-node";
import type { ConnectFile } from "../../cli/twin/connect-file";
import type { EnvironmentInput } from "../../model/config";
import { eventually } from "../support/eventually";
import { call, EventReader, type HttpAnswer, raw, reading } from "../support/http-callers";
import { TestProject } from "../support/project";
import { app, core, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";
import { storedIds } from "../support/twin-publisher";

/** From a caller over HTTP through the gateway and the callout to NATS and a service, and back: real processes each. */

const project = new TestProject();
const twin = new TestTwin(project, "http");

const gateway: NonNullable<EnvironmentInput["clusters"][string]["httpGateway"]> = {
  origins: ["https://app.example.com"],
  limits: { requestsPerSecond: 10_000 },
  routes: {
    ask: {
      kind: "request",
      path: "/ask/{what}",
      subject: "ask.{what}",
      timeout: "2s",
      requestHeaders: ["X-Trace"],
      responseHeaders: ["Etag"],
    },
    tell: { kind: "publish", path: "/tell/{what}", subject: "tell.{what}" },
    order: {
      kind: "stream",
      path: "/orders",
      subject: "orders.{sub}.placed",
      stream: "ORDERS",
      timeout: "30s",
      maxBody: "1KiB",
    },
    plain: {
      kind: "stream",
      method: "PUT",
      path: "/orders",
      subject: "orders.{sub}.plain",
      stream: "ORDERS",
      idempotency: "none",
    },
    change: { kind: "stream", method: "PATCH", path: "/orders", subject: "orders.{sub}.changed", stream: "ORDERS" },
    news: { kind: "events", path: "/news/{region}", subject: "news.{region}.>" },
    watch: { kind: "events", path: "/orders", subject: "orders.{sub}.>", stream: "ORDERS" },
    all: { kind: "events", path: "/all", subject: "orders.>", stream: "ORDERS" },
  },
};

const environment: EnvironmentInput = {
  ...threeServers("http"),
  identity: {
    mode: "callout",
    oidc: { issuer: "https://tests.eu.auth0.com/", audience: "https://api.tests.example.com" },
    timeoutSeconds: 2,
    permissions: [
      {
        account: "APP",
        publish: { allow: ["ask.>", "tell.open", "orders.{sub}.>"] },
        subscribe: { allow: ["news.eu.>", "orders.{sub}.>"], deny: ["news.eu.secret"] },
      },
      {
        account: "APP",
        when: [{ claim: "roles", includes: "editor" }],
        publish: { allow: ["tell.>"] },
        subscribe: { allow: ["orders.>"] },
      },
    ],
    services: { api: { ...app, subscribe: { allow: [...app.subscribe.allow, "tell.>"] } } },
  },
  clusters: { core: { ...core, httpGateway: gateway } },
};

let url: string;
let alice: string;
let editor: string;
/** What the service was asked, and told. */
const heard: Msg[] = [];

const connectFile = (): ConnectFile => twin.connectFile();
const gatewayFile = () => connectFile().httpGateways[0];
const program = "http-gateway-core";

beforeAll(async () => {
  await twin.up(environment);
  url = gatewayFile()?.url ?? "";
  alice = await twin.token("alice");
  editor = await twin.token("alice", "--claim", 'roles=["editor"]');
  const service = await twin.client(twin.service()).connection();
  service.subscribe("ask.>", {
    callback: (error, message) => {
      if (error) return;
      heard.push(message);
      const [, what = ""] = message.subject.split(".");
      const answer = headers();
      answer.set("Etag", "one");
      answer.set("Nats-Rollup", "all");
      answer.set("X-Secret", "two");
      if (/^(\d+|abc)$/.test(what)) {
        answer.set("Nats-Service-Error-Code", what);
        answer.set("Nats-Service-Error", "postgres://user:password@db");
      }
      if (what === "silence") return;
      message.respond(what === "empty" ? "" : JSON.stringify({ what, got: message.string() }), { headers: answer });
    },
  });
  service.subscribe("tell.>", { callback: (error, message) => void (error ?? heard.push(message)) });
  await service.flush();
});
afterAll(async () => {
  await twin.close();
  await project.remove();
});

const codes = (answers: readonly HttpAnswer[]) => answers.map(({ status, problem }) => problem ?? String(status));
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(gatewayFile()?.metrics ?? "")).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
};
const service = () => twin.client(twin.service()).connection();

test("verify has rows for it, status names it, and its document is served", async () => {
  const { ok, rows } = await twin.verify();
  expect(rows.filter((row) => !row.ok)).toEqual([]);
  expect(ok).toBe(true);
  expect(rows.filter(({ group }) => group === "http-gateway").map(({ what }) => what)).toEqual([
    "core: describes its routes",
    "core: nobody gets in without a token, or with a forged one",
    "core: events are for those who may hear them",
  ]);
  expect((await twin.status()).parts.find(({ name }) => name === program)).toMatchObject({ ok: true, state: "ready" });
  const document = JSON.parse((await call(gatewayFile()?.openapi ?? "", { method: "GET" })).body);
  expect(Object.keys(document.paths)).toEqual([
    "/ask/{what}",
    "/tell/{what}",
    "/orders",
    "/news/{region}",
    "/all",
    "/event-tickets",
  ]);
});

test("a request reaches the service with the headers of the route alone, and so does the answer", async () => {
  const sent = { "X-Trace": "t1", "Nats-Rollup": "all", "Nats-Msg-Id": "x", "X-Other": "y" };
  const answer = await call(`${url}/ask/a%2Eb`, { token: alice, headers: sent, body: { n: 1 } });
  expect(answer).toMatchObject({ status: 200, body: JSON.stringify({ what: "a_2eb", got: '{"n":1}' }) });
  expect(answer.headers).toMatchObject({
    "content-type": "application/json",
    etag: "one",
    "cache-control": "no-store",
  });
  expect(Object.keys(answer.headers).filter((name) => /nats|secret/.test(name))).toEqual([]);
  const message = heard.at(-1);
  expect(message?.subject).toBe("ask.a_2eb");
  expect(message?.headers?.keys()).toEqual(["X-Trace"]);
  expect((await call(`${url}/ask/empty`, { token: alice })).status).toBe(204);
});

test("a responder's failure is one of ours, and its words stay inside", async () => {
  const answers = await Promise.all(
    ["404", "500", "abc", "200", "422"].map((code) => call(`${url}/ask/${code}`, { token: alice })),
  );
  expect(codes(answers)).toEqual([
    "service-not-found",
    "service-failed",
    "service-failed",
    "service-failed",
    "service-unprocessable",
  ]);
  for (const { body } of answers) expect(body).not.toContain("postgres");
});

test("each failure has its status", async () => {
  const forged = `${alice.slice(0, alice.lastIndexOf(".") + 1)}${"A".repeat(342)}`;
  const answers = [
    await call(`${url}/nothing`, { token: alice }),
    await call(`${url}/ask/a`, { method: "GET", token: alice }),
    await call(`${url}/ask/a?b=1`, { token: alice }),
    await call(`${url}/ask/a`),
    await call(`${url}/ask/a`, { token: forged }),
    await call(`${url}/ask/a`, { token: alice, headers: { "content-type": "text/plain" }, body: "x" }),
    await call(`${url}/orders`, { token: alice, body: "x".repeat(2000) }),
    await call(`${url}/ask/silence`, { token: alice }),
    await call(`${url}/ask/a`, { token: alice, headers: { "idempotency-key": '"1"' } }),
    await call(`${url}/ask/a.b.c`, { token: alice, headers: { "content-type": "application/json" } }),
  ];
  expect(codes(answers)).toEqual([
    ...["unknown-path", "method-refused", "bad-query", "token-missing", "token-refused"],
    ...["media-type-refused", "body-too-large", "timeout", "idempotency-key-refused", "200"],
  ]);
  expect(answers[1]?.headers.allow).toBe("POST, OPTIONS");
});

test("two tokens of one user have each their own rights, also on a publish that nobody answers", async () => {
  const tell = (token: string) => call(`${url}/tell/all`, { token, body: { token: token === editor } });
  expect(codes(await Promise.all([tell(alice), tell(editor), tell(alice), tell(editor)]))).toEqual([
    "denied",
    "202",
    "denied",
    "202",
  ]);
  expect(codes([await call(`${url}/tell/open`, { token: alice, body: {} })])).toEqual(["202"]);
  await eventually(
    "what was told is heard",
    () => heard.filter(({ subject }) => subject === "tell.all").length === 2,
    20,
  );
  expect(heard.filter(({ subject }) => subject === "tell.all").map((message) => message.json())).toEqual([
    { token: true },
    { token: true },
  ]);
});

test("a page of an allowed origin may read answers and failures, and asks first", async () => {
  const origin = "https://app.example.com";
  const preflight = await call(`${url}/orders`, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "PUT" },
  });
  expect(preflight).toMatchObject({
    status: 204,
    headers: { "access-control-allow-origin": origin, "access-control-allow-methods": "POST, PUT, PATCH, GET" },
  });
  for (const [from, seen] of [
    [origin, origin],
    ["null", undefined],
    ["https://app.example.com.evil.com", undefined],
  ] as const) {
    const answer = await call(`${url}/ask/a`, { headers: { origin: from } });
    expect([answer.problem, answer.headers["access-control-allow-origin"], answer.headers.vary]).toEqual([
      "token-missing",
      seen,
      "Origin",
    ]);
  }
});

describe("messages of a stream", () => {
  const order = (token: string, key: string | undefined, body: unknown, method = "POST") =>
    call(`${url}/orders`, { method, token, body, headers: key === undefined ? {} : { "idempotency-key": key } });

  test("are stored before they are answered", async () => {
    const { status, body } = await order(alice, undefined, { n: 1 });
    expect(status).toBe(201);
    const { stream, sequence } = JSON.parse(body);
    const stored = await twin.read(async (client) =>
      (await jetstreamManager(await client.connection(), { checkAPI: false })).streams.getMessage(stream, {
        seq: sequence,
      }),
    );
    expect([stored?.subject, stored?.string()]).toEqual(["orders.alice.placed", '{"n":1}']);
  });

  test("of one key are stored once, by user, route and method", async () => {
    const bob = await twin.token("bob");
    const first = await order(alice, '"1"', { n: 1 });
    const again = await order(alice, '"1"', { n: 1 });
    expect([again.status, again.body, again.headers["idempotency-replayed"]]).toEqual([201, first.body, "true"]);
    const others = [await order(bob, '"1"', { n: 1 }), await order(alice, '"1"', { n: 1 }, "PATCH")];
    expect(codes(others)).toEqual(["201", "201"]);
    expect(new Set([first, ...others].map(({ body }) => body)).size).toBe(3);
    const refused = [
      await order(alice, '"1"', { n: 2 }),
      await order(alice, "1", { n: 1 }),
      await order(alice, '"1"', { n: 1 }, "PUT"),
    ];
    expect(codes(refused)).toEqual(["key-reused", "bad-idempotency-key", "idempotency-key-refused"]);
  });

  test("of one key at once are stored once, and the second is told that the first is at work", async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => order(alice, '"at once"', { n: 3 })));
    expect(codes(answers).filter((code) => code !== "201" && code !== "key-in-flight")).toEqual([]);
    expect(new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body)).size).toBe(1);
  });

  test("are known to a gateway that was started anew: the stream remembers", async () => {
    const first = await order(alice, '"before"', { n: 4 });
    await twin.kill(program);
    await twin.up();
    const again = await order(alice, '"before"', { n: 4 });
    expect([again.body, again.headers["idempotency-replayed"]]).toEqual([first.body, "true"]);
    expect((await order(alice, '"before"', { n: 5 })).problem).toBe("key-reused");
  });
});

describe("events", () => {
  test("are refused before the head where the token may not hear them", async () => {
    for (const path of ["/news/us", "/all"]) {
      const refused = await EventReader.open(`${url}${path}`, alice);
      expect(refused).toMatchObject({ status: 403, problem: "denied" });
    }
    expect(await metric("http_gateway_event_readers")).toBe(0);
  });

  test("are opened by a ticket in the address: once, for one path, with the rights of its token", async () => {
    const ask = (token: string, body: unknown) => call(`${url}/event-tickets`, { token, body });
    const ticketFor = async (token: string, path: string): Promise<string> =>
      JSON.parse((await ask(token, { path })).body).ticket;
    const ticket = await ticketFor(alice, "/news/eu");
    const opened = await fetch(`${url}/news/eu?ticket=${ticket}`);
    expect([opened.status, opened.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    await opened.body?.cancel();
    const codeOf = async (address: string) => JSON.parse((await call(address, { method: "GET" })).body).type;
    const refused = "urn:natsform:http-gateway:ticket-refused";
    expect(await codeOf(`${url}/news/eu?ticket=${ticket}`)).toBe(refused);
    expect(await codeOf(`${url}/orders?ticket=${await ticketFor(alice, "/news/eu")}`)).toBe(refused);
    expect(await codeOf(`${url}/all?ticket=${await ticketFor(alice, "/all")}`)).toMatch(/:denied$/);
    expect(await codeOf(`${url}/news/eu?ticket=${await ticketFor(alice, "/news/eu")}&x=1`)).toMatch(/:bad-query$/);
    const wrong = [{ path: "/ask/a" }, { path: "/news/eu?a=b" }, {}, [], "x", { path: "/none" }];
    const answers = await Promise.all(wrong.map((body) => ask(alice, body)));
    expect(codes(answers)).toEqual([...Array(5).fill("bad-ticket-request"), "unknown-path"]);
    expect(codes([await call(`${url}/event-tickets`, { body: { path: "/news/eu" } })])).toEqual(["token-missing"]);
  });

  test("reach all readers of a subject over one subscription, without what a token's deny leaves out", async () => {
    const readers = await Promise.all([alice, alice, editor].map((token) => reading(`${url}/news/eu`, token)));
    expect(await metric("http_gateway_feeds")).toBe(1);
    const publisher = await service();
    for (const subject of ["news.eu.secret", "news.us.x", "news.eu.one"]) publisher.publish(subject, subject);
    await eventually("all have the last", () => readers.every(({ events }) => events.length > 0), 20);
    for (const { events } of readers) expect(events).toEqual([{ data: "news.eu.one" }]);
    for (const reader of readers) reader.leave();
    await eventually(
      "nothing is left",
      async () => (await metric("http_gateway_event_readers")) === 0 && (await metric("http_gateway_feeds")) === 0,
      20,
    );
  });

  test("go on after the last id without gap or double, while more come", async () => {
    const carol = await twin.token("carol");
    const publisher = await service();
    const stream = jetstream(publisher);
    const numbers = (reader: EventReader) => reader.events.map(({ data }) => Number(data));
    const first = await reading(`${url}/orders`, carol);
    const publishing = (async () => {
      for (let n = 0; n < 300; n++) {
        await stream.publish(
          n % 3 === 0 ? "orders.carol.a" : n % 3 === 1 ? "orders.carol.b" : "orders.other",
          String(n),
        );
      }
    })();
    await eventually("some have come", () => first.events.length >= 20, 60);
    first.leave();
    const seen = numbers(first);
    const second = await reading(`${url}/orders`, carol, first.lastId);
    await publishing;
    const expected = Array.from({ length: 300 }, (_, n) => n).filter((n) => n % 3 !== 2);
    await eventually("all have come", () => seen.length + second.events.length >= expected.length, 60);
    expect([...seen, ...numbers(second)]).toEqual(expected);
    second.leave();
  });

  test("say when nothing can be said of what was missed", async () => {
    const reader = await reading(`${url}/orders`, alice, "1-1");
    await eventually("it is told", () => reader.events.length > 0, 20);
    expect(reader.events[0]).toMatchObject({ event: "reset", data: "{}" });
    reader.leave();
    expect(await EventReader.open(`${url}/orders`, alice, "17")).toMatchObject({
      status: 400,
      problem: "bad-event-id",
    });
  });

  test("end for a reader that stops reading, which costs a bounded amount, and not for the others", async () => {
    const [slow, quick] = await Promise.all([reading(`${url}/news/eu`, alice), reading(`${url}/news/eu`, alice)]);
    slow?.pause();
    const publisher = await service();
    const before = await metric("process_resident_memory_bytes");
    const payload = "x".repeat(64 * 1024);
    // A hundred megabytes, at the pace of who reads them.
    for (let i = 1; i <= 1600; i++) {
      publisher.publish("news.eu.big", payload);
      while (i % 3 === 0 && quick && !quick.isEnded && quick.events.length < i)
        await new Promise((resolve) => setTimeout(resolve, 2));
    }
    publisher.publish("news.eu.last", "last");
    await eventually("the slow one is closed", async () => (await metric("http_gateway_slow_readers_total")) === 1, 60);
    await eventually("the quick one has the last", () => quick?.events.at(-1)?.data === "last", 60);
    expect(quick?.events.length).toBe(1601);
    expect((await metric("process_resident_memory_bytes")) - before).toBeLessThan(100 * 1024 * 1024);
    quick?.leave();
    await eventually("nothing is left", async () => (await metric("http_gateway_event_readers")) === 0, 20);
  });

  test("leave nothing of 300 readers that vanish", async () => {
    const readers = await Promise.all(Array.from({ length: 300 }, () => reading(`${url}/news/eu`, alice)));
    expect(await metric("http_gateway_event_readers")).toBe(300);
    expect(await metric("http_gateway_feeds")).toBe(1);
    for (const reader of readers) reader.leave();
    await eventually(
      "nothing is left",
      async () => (await metric("http_gateway_event_readers")) === 0 && (await metric("http_gateway_feeds")) === 0,
      30,
    );
  });
});

describe("over a connection", () => {
  const port = () => Number(new URL(url).port);
  const head = (lines: string[]) =>
    `${["POST /ask/a HTTP/1.1", "host: a", `authorization: Bearer ${alice}`, "content-type: application/json", ...lines].join("\r\n")}\r\n\r\n`;

  test.each([
    ["two lengths", ["content-length: 2", "content-length: 3"]],
    ["a length and chunks", ["content-length: 2", "transfer-encoding: chunked"]],
    ["an unknown encoding", ["transfer-encoding: xchunked"]],
    ["a length that is none", ["content-length: +2"]],
    ["a header of two lines", ["x-a: b", " folded: c"]],
    ["a line break alone", ["x-a: b\nx-c: d"]],
    ["a space before the colon", ["content-length : 2"]],
  ])("a request with %s is refused, and nothing after it is answered", async (_, lines) => {
    const answer = await raw(port(), `${head(lines)}{}\r\n${head(["content-length: 0"])}`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1/g)?.length).toBe(1);
  });

  test("a body that does not arrive is answered with 408 and ends it", async () => {
    const answer = await raw(port(), `${head(["content-length: 10"])}{`, { seconds: 40 });
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain("body-slow");
  });

  test("a body that is too large is answered before it is read, and ends it", async () => {
    const answer = await raw(port(), head(["content-length: 100000000"]));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe("when something ends", () => {
  const documented = ["201", "cluster-away", "connection-lost", "not-stored", "token-refused"];

  /** Orders with keys while something is done; each is repeated until it is stored. */
  async function ordering(name: string, disturb: () => Promise<void>): Promise<void> {
    let isDone = false;
    const seen = new Map<string, number>();
    const acknowledged: string[] = [];
    const caller = async (worker: number) => {
      for (let n = 0; !isDone; n++) {
        const id = `${name}-${worker}-${n}`;
        for (let stored = false; !stored; ) {
          const answer = await call(`${url}/orders`, {
            token: alice,
            body: { id },
            headers: { "idempotency-key": `"${id}"` },
          }).catch(() => ({ status: 0, problem: "ended" }) as HttpAnswer);
          const [code = ""] = codes([answer]);
          seen.set(code, (seen.get(code) ?? 0) + 1);
          stored = answer.status === 201;
          if (stored) acknowledged.push(id);
          else await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    };
    const workers = Array.from({ length: 4 }, (_, i) => caller(i));
    await eventually("orders are stored", () => acknowledged.length > 10, 60);
    await disturb();
    const before = acknowledged.length;
    await eventually("orders are stored again", () => acknowledged.length > before + 10, 120);
    isDone = true;
    await Promise.all(workers);
    console.info(`${name}: ${acknowledged.length} stored, ${JSON.stringify(Object.fromEntries(seen))}`);
    const isKnown = (code: string) =>
      documented.includes(code) || (name === "gateway" && ["ended", "draining", "key-in-flight"].includes(code));
    expect([...seen.keys()].filter((code) => !isKnown(code))).toEqual([]);
    const bodies = await storedBodies(name);
    expect(bodies.sort()).toEqual([...acknowledged].sort());
  }

  /** Ids of the orders in the stream, as often as they are there. */
  const storedBodies = (name: string): Promise<string[]> =>
    twin.read(async (client) => {
      const ids = await storedIds(client, "ORDERS");
      expect(ids.length).toBeGreaterThan(0);
      const manager = await jetstreamManager(await client.connection(), { checkAPI: false });
      const { state } = await manager.streams.info("ORDERS");
      const found: string[] = [];
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const { id } = (await manager.streams.getMessage("ORDERS", { seq }))?.json<{ id?: string }>() ?? {};
        if (typeof id === "string" && id.startsWith(`${name}-`)) found.push(id);
      }
      return found;
    });

  test("a server: every order is stored once, and every request is answered", async () => {
    await ordering("server", async () => {
      await twin.kill("core-1");
      await twin.up();
      await twin.well();
    });
  });

  test("the callout: those who are in stay, and the others are told to come back", async () => {
    const late = await twin.token("late");
    await ordering("callout", async () => {
      await twin.kill("auth-callout-core-0", "auth-callout-core-1");
      const answer = await call(`${url}/ask/a`, { token: late });
      expect([answer.status, answer.problem]).toEqual([503, "cluster-away"]);
      await twin.up();
    });
    expect((await call(`${url}/ask/a`, { token: late, body: {} })).status).toBe(200);
  });

  test("the gateway: every order is stored once, and readers are told when to come back", async () => {
    const reader = await reading(`${url}/news/eu`, alice);
    const pid = twin.pid(program);
    await ordering("gateway", async () => {
      process.kill(pid, "SIGTERM");
      await eventually("the reader's stream ends", () => reader.isEnded, 30);
      expect(reader.retry).toBeGreaterThanOrEqual(500);
      await eventually("it has stopped", () => twin.pids()[program] === undefined, 30);
      await twin.up();
    });
  });
});
