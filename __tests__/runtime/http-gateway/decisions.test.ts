import fc from "fast-check";
import { corsHeaders } from "../../../runtime/http-gateway/cors";
import { inbound, outbound, takesMediaType } from "../../../runtime/http-gateway/headers";
import { idempotencyKey, KeptAnswers, messageId } from "../../../runtime/http-gateway/idempotency";
import { openApi } from "../../../runtime/http-gateway/openapi";
import {
  PROBLEMS,
  Problem,
  type ProblemCode,
  problemAnswer,
  serviceProblem,
} from "../../../runtime/http-gateway/problems";
import { addressOf, Rates } from "../../../runtime/http-gateway/rates";
import { GatewaySpec } from "../../../runtime/http-gateway/spec";
import { frame, placeOf, resumption } from "../../../runtime/http-gateway/sse";
import { callerOf } from "../../../runtime/http-gateway/token";

const codeOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return (error as Problem).code;
  }
};

describe("headers", () => {
  const sent: Record<string, string[]> = {
    "x-trace": ["1", "2"],
    "nats-rollup": ["all"],
    "nats-msg-id": ["x"],
    cookie: ["c"],
    "x-line": ["a\r\nNats-Rollup: all"],
  };
  const values = (name: string) => sent[name] ?? [];

  test("go in where the route names them, in its spelling, each line", () => {
    expect(inbound(["X-Trace", "X-Absent"], values)).toEqual([
      ["X-Trace", "1"],
      ["X-Trace", "2"],
    ]);
  });

  test.each([
    "Nats-Msg-Id",
    "Nats-Expected-Last-Sequence",
    "Nats-Rollup",
    "Nats-TTL",
    "Nats-Trace-Dest",
    "Nats-Schedule",
    "Nats-Batch-Id",
    "nats-rollup",
  ])("%s goes neither in nor out, even if a route names it", (name) => {
    expect(inbound([name], () => ["all"])).toEqual([]);
    expect(outbound([name], [[name, "all"]])).toEqual([]);
  });

  test("a line break in one is refused on the way in, and left out on the way out", () => {
    expect(codeOf(() => inbound(["X-Line"], values))).toBe("bad-header");
    expect(
      outbound(
        ["Etag"],
        [
          ["Etag", "a\r\nSet-Cookie: b"],
          ["etag", "good"],
          ["Other", "c"],
        ],
      ),
    ).toEqual([["Etag", "good"]]);
  });

  test("a body has one of the route's media types", () => {
    expect(takesMediaType(["application/json"], "application/JSON; charset=utf-8")).toBe(true);
    expect(takesMediaType(["application/json"], "text/plain")).toBe(false);
    expect(takesMediaType(["application/json"], undefined)).toBe(false);
  });
});

describe("problems", () => {
  test.each([
    ["404", "service-not-found", 404],
    ["409", "service-conflict", 409],
    ["500", "service-failed", 502],
    ["abc", "service-failed", 502],
    ["200", "service-failed", 502],
    ["", "service-failed", 502],
    ["constructor", "service-failed", 502],
  ])("a responder's code %j is %s", (code, problem, status) => {
    expect(serviceProblem(code)).toBe(problem);
    expect(PROBLEMS[serviceProblem(code)].status).toBe(status);
  });

  test("say nothing but words of the table, and those that pass say when", () => {
    const secret = new Error("postgres://user:password@db");
    for (const code of Object.keys(PROBLEMS) as ProblemCode[]) {
      const { status, headers, body } = problemAnswer(new Problem(code, secret), () => 0.99);
      expect(JSON.parse(body)).toEqual({
        type: `urn:natsform:http-gateway:${code}`,
        title: PROBLEMS[code].title,
        status,
      });
      const retried = [
        "no-responders",
        "cluster-away",
        "not-stored",
        "draining",
        "too-many-requests",
        "service-busy",
        "key-in-flight",
      ];
      expect(headers["retry-after"]).toBe(retried.includes(code) ? "3" : undefined);
      expect("www-authenticate" in headers).toBe(status === 401);
    }
  });
});

describe("tokens", () => {
  const jwt = (claims: unknown) => `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`;
  const good = jwt({ sub: "alice", iss: "i", exp: 100 });

  test("say who calls and until when; two of one user are two", () => {
    const one = callerOf(`Bearer ${good}`, 99_999);
    expect(one).toMatchObject({ sub: "alice", issuer: "i", expires: 100_000 });
    expect(callerOf(`bearer ${jwt({ sub: "alice", iss: "i", exp: 100, roles: ["editor"] })}`, 0).key).not.toBe(one.key);
  });

  test.each([
    [undefined, "token-missing"],
    ["", "token-missing"],
    ["Basic YTpi", "token-refused"],
    [`Bearer ${good} `, "token-refused"],
    [`Bearer ${good}, Bearer ${good}`, "token-refused"],
    ["Bearer a.b.c", "token-refused"],
    [`Bearer ${jwt({ sub: "alice" })}`, "token-refused"],
    [`Bearer ${jwt({ sub: "", exp: 100 })}`, "token-refused"],
    [`Bearer ${jwt({ sub: ["alice"], exp: 100 })}`, "token-refused"],
    [`Bearer ${jwt({ sub: "alice", exp: 50 })}`, "token-refused"],
    [`Bearer ${jwt({ sub: "a".repeat(9000), exp: 100 })}`, "token-refused"],
    [`Bearer ${jwt(null)}`, "token-refused"],
  ])("%j is answered without asking anybody", (header, code) => {
    expect(codeOf(() => callerOf(header, 50_000))).toBe(code);
  });
});

describe("Idempotency-Key", () => {
  test.each([
    [[], "optional", undefined],
    [[], "required", "idempotency-key-missing"],
    [['"a"'], "none", "idempotency-key-refused"],
    [['"a"'], "never", "idempotency-key-refused"],
    [['"a b\\"c\\\\"'], "required", 'a b"c\\'],
    [["a"], "optional", "bad-idempotency-key"],
    [['""'], "optional", "bad-idempotency-key"],
    [['"a";b=1'], "optional", "bad-idempotency-key"],
    [['"a", "b"'], "optional", "bad-idempotency-key"],
    [['"a"', '"a"'], "optional", "bad-idempotency-key"],
    [['"\u00e9"'], "optional", "bad-idempotency-key"],
    [[`"${"a".repeat(256)}"`], "optional", "bad-idempotency-key"],
  ] as const)("%j where it is %s: %j", (values, idempotency, expected) => {
    expect(codeOf(() => idempotencyKey(values, idempotency))).toBe(expected);
  });

  test("names another message for another user, issuer, route, key and gateway, and the same for the same", () => {
    const named = (secret: string, issuer: string, sub: string, route: string, key: string) =>
      messageId(secret, { issuer, sub }, route, key);
    const ids = [
      named("s", "i", "alice", "place", "1"),
      named("s", "i", "bob", "place", "1"),
      named("s", "j", "alice", "place", "1"),
      named("s", "i", "alice", "change", "1"),
      named("s", "i", "alice", "place", "2"),
      named("t", "i", "alice", "place", "1"),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    expect(named("s", "i", "alice", "place", "1")).toBe(ids[0]);
    expect(ids[0]).toMatch(/^http-[A-Za-z0-9_-]{43}$/);
  });

  test("keeps one answer: in flight 409, another body 422, after the window anew", () => {
    let now = 0;
    const kept = new KeptAnswers<string>(10, () => now);
    expect(kept.begin("a", "body", 1000)).toBeUndefined();
    expect(codeOf(() => kept.begin("a", "body", 1000))).toBe("key-in-flight");
    expect(codeOf(() => kept.begin("a", "other", 1000))).toBe("key-reused");
    kept.finish("a", "first");
    expect(kept.begin("a", "body", 1000)).toBe("first");
    expect(codeOf(() => kept.begin("a", "other", 1000))).toBe("key-reused");
    now = 1000;
    expect(kept.begin("a", "other", 1000)).toBeUndefined();
    kept.forget("a");
    expect(kept.begin("a", "third", 1000)).toBeUndefined();
  });

  test("keeps no more than it may, and what is at work", () => {
    const kept = new KeptAnswers<string>(3, () => 0);
    kept.begin("working", "body", 1000);
    for (let i = 0; i < 10; i++) {
      kept.begin(`${i}`, "body", 1000);
      kept.finish(`${i}`, "answer");
    }
    expect(kept.count).toBe(3);
    expect(codeOf(() => kept.begin("working", "body", 1000))).toBe("key-in-flight");
    expect(kept.begin("9", "body", 1000)).toBe("answer");
    expect(kept.begin("0", "body", 1000)).toBeUndefined();
  });
});

test("a token bucket gives so many at once, and as many as time passes, for a bounded number of keys", () => {
  let now = 0;
  const rates = new Rates(2, 3, 100, () => now);
  expect([1, 2, 3, 4].map(() => rates.take("a"))).toEqual([true, true, true, false]);
  expect(rates.take("b")).toBe(true);
  now = 500;
  expect([rates.take("a"), rates.take("a")]).toEqual([true, false]);
  for (let i = 0; i < 1000; i++) rates.take(`k${i}`);
  expect(rates.count).toBe(100);
});

test.each([
  [0, "6.6.6.6", "10.0.0.1"],
  [1, "6.6.6.6, 1.2.3.4", "1.2.3.4"],
  [2, "6.6.6.6, 1.2.3.4, 10.0.0.9", "1.2.3.4"],
  [1, undefined, "10.0.0.1"],
])("behind %i balancers %j is of %s", (proxies, forwarded, expected) => {
  expect(addressOf("10.0.0.1", forwarded, proxies)).toBe(expected);
});

test("answers go to pages of exact origins, and to no other", () => {
  const origins = ["https://app.example.com"];
  expect(corsHeaders(origins, "https://app.example.com", ["Etag"])).toEqual({
    vary: "Origin",
    "access-control-allow-origin": "https://app.example.com",
    "access-control-expose-headers": "retry-after, idempotency-replayed, Etag",
  });
  for (const origin of [
    "null",
    "https://app.example.com.evil",
    "http://app.example.com",
    "https://APP.example.com",
    undefined,
  ])
    expect(corsHeaders(origins, origin, [])).toEqual({ vary: "Origin" });
  expect(corsHeaders([], "null", [])).toEqual({});
});

describe("events", () => {
  test("are framed line by line, whatever ends a line", () => {
    expect(frame({ id: "a-1", data: "one\r\ntwo\rthree\nid: 9" })).toBe(
      "id: a-1\ndata: one\ndata: two\ndata: three\ndata: id: 9\n\n",
    );
    expect(frame({ event: "gap", data: "{}" })).toBe("event: gap\ndata: {}\n\n");
  });

  test("are read back as they were", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("\r", "\n", "a", ":", " ", "d", "\u2028", "é") }), (data) => {
        const lines = frame({ data })
          .split("\n")
          .filter((line) => line.startsWith("data: "));
        expect(lines.map((line) => line.slice(6)).join("\n")).toBe(data.replace(/\r\n|\r/g, "\n"));
      }),
    );
  });

  const held = { created: 1000, first: 10, last: 20 };
  const goOn = (id: string | undefined) => resumption(placeOf(id), held);
  test("go on after the last id without a word", () => {
    expect(goOn("rs-15")).toEqual({ after: 15 });
    expect(goOn("rs-20")).toEqual({ after: 20 });
    expect(goOn("rs-9")).toEqual({ after: 9 });
  });
  test("begin now without one", () => expect(goOn(undefined)).toEqual({ after: 20 }));
  test("say which are gone", () =>
    expect(goOn("rs-3")).toEqual({ after: 9, event: 'event: gap\nid: rs-9\ndata: {"from":4,"to":9}\n\n' }));
  test.each(["rs-21", "zz-15"])("%s is of another stream", (id) =>
    expect(goOn(id)).toEqual({ after: 20, event: "event: reset\nid: rs-20\ndata: {}\n\n" }),
  );
  test.each(["15", "rs-", "rs-x", "rs-99999999999999999", "RS-1", "rs-1\n"])("%j is no id", (id) =>
    expect(codeOf(() => goOn(id))).toBe("bad-event-id"),
  );
});

test("the document names each route with its problems and no subject", () => {
  const common = { maxBodyBytes: 10, accepts: ["application/json"], requestHeaders: [] };
  const spec = GatewaySpec.parse({
    title: "t",
    account: "APP",
    origins: [],
    limits: { connections: 1, connectionsPerUser: 1, requestsPerSecond: 1, eventStreams: 1 },
    calloutTimeoutMs: 1000,
    balancerIdleMs: 60_000,
    proxies: 0,
    routes: [
      {
        kind: "request",
        name: "get",
        method: "POST",
        path: "/users/{id}",
        subject: "secret.{id}",
        ...common,
        timeoutMs: 1,
        answers: "text/plain",
        responseHeaders: [],
      },
      {
        kind: "stream",
        name: "place",
        method: "PUT",
        path: "/users/{id}",
        subject: "secret.{id}",
        ...common,
        timeoutMs: 1,
        stream: "S",
        idempotency: "required",
        windowMs: 1,
      },
      { kind: "events", name: "watch", method: "GET", path: "/news", subject: "secret.news", stream: "S" },
    ],
  });
  const document = openApi(spec) as {
    paths: Record<string, Record<string, { security: object[]; responses: Record<string, { content?: object }> }>>;
  };
  expect(Object.entries(document.paths).map(([path, operations]) => [path, Object.keys(operations)])).toEqual([
    ["/users/{id}", ["post", "put"]],
    ["/news", ["get"]],
    ["/event-tickets", ["post"]],
  ]);
  expect(document.paths["/news"]?.get?.responses["200"]?.content).toHaveProperty(["text/event-stream"]);
  expect(Object.keys(document.paths["/users/{id}"]?.put?.responses ?? {})).toEqual(
    expect.arrayContaining(["201", "400", "401", "403", "409", "413", "422", "429", "503"]),
  );
  for (const operations of Object.values(document.paths))
    for (const { security } of Object.values(operations)) expect(security[0]).toEqual({ bearer: [] });
  // What cannot send a header reads events by a ticket, and does nothing else by one.
  const byTicket = Object.entries(document.paths).filter(([, operations]) =>
    Object.values(operations).some(({ security }) => security.length > 1),
  );
  expect(byTicket.map(([path]) => path)).toEqual(["/news"]);
  expect(JSON.stringify(document)).not.toContain("secret");
});
