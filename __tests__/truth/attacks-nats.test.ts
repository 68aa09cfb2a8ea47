import { readFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";
import { headers, type NatsConnection } from "nats";
import { fromSeed } from "nkeys.js";
import { poll } from "../../cli/core/processes";
import { findNatsServer } from "../../cli/core/tools";
import type { EnvironmentInput } from "../../model/config";
import { defaultRelease } from "../../model/config/server-releases";
import { serviceInboxPrefix } from "../../runtime/client";
import type { ConfObject } from "../../templates/nats-conf";
import { AttackedServer } from "../support/attacks/attacked-server";
import { frame, mqttConnect, type RawConnection, rawNats, rawTls, upgrade } from "../support/attacks/raw";
import { eventually } from "../support/eventually";
import { core, oidc } from "../support/twin-environment";

/**
 * Family S of docs/attacks.md: what a user, a stranger or a neighbour tries on a server with the rendered configuration.
 * Where an older server fell, 2.14.2 is shown to fall: the control that the attack is a real one.
 */

const current = defaultRelease;
const old = "2.14.2";
const origin = "https://app.example.com";
const onOld = findNatsServer(old) ? test : test.skip;
const control = `control, skipped without nats-server ${old}`;

const environment = (size: number): EnvironmentInput => ({
  name: "attacked",
  identity: {
    mode: "callout",
    oidc,
    permissions: [
      {
        account: "APP",
        publish: { allow: ["user.{sub}.>", "orders.{sub}.>"] },
        subscribe: { allow: ["user.{sub}.>", "news.>"], deny: ["news.internal"] },
        allowResponses: true,
      },
    ],
    services: {
      api: {
        account: "APP",
        publish: {
          allow: [
            ...["user.>", "news.>", "orders.>"],
            ...["$JS.API.STREAM.CREATE.ORDERS", "$JS.API.CONSUMER.CREATE.ORDERS.>", "$JS.API.STREAM.NAMES"],
            "$JS.API.CONSUMER.INFO.ORDERS.work",
          ],
        },
        subscribe: { allow: ["user.>", "news.>", "orders.>"] },
        allowResponses: true,
      },
      quiet: { account: "APP", publish: { allow: ["quiet.>"] } },
    },
  },
  clusters: {
    core: {
      ...core,
      size,
      leafHub: true,
      websocket: { allowedOrigins: [origin] },
      ...(size > 1 && { jetstream: undefined }),
    },
  },
});

const servers: AttackedServer[] = [];
const connections: RawConnection[] = [];
async function started(size: number, version = current, change?: (conf: ConfObject) => ConfObject) {
  const server = new AttackedServer();
  servers.push(server);
  await server.start(environment(size), version, change);
  return server;
}
async function raw<T extends RawConnection>(opening: Promise<T>): Promise<T> {
  const connection = await opening;
  connections.push(connection);
  return connection;
}
let server: AttackedServer;
let alice: { token: string };

beforeAll(async () => {
  server = await started(1);
  await server.startCallout();
  alice = { token: await server.token({ sub: "alice" }) };
  await server.as({ user: "service-api" }, async (api) => {
    await request(api, "$JS.API.STREAM.CREATE.ORDERS", { name: "ORDERS", subjects: ["orders.>"] });
    await request(api, "$JS.API.CONSUMER.CREATE.ORDERS.work", {
      stream_name: "ORDERS",
      config: { durable_name: "work" },
    });
  });
});
afterAll(async () => {
  for (const connection of connections) connection.end();
  for (const one of servers) await one.remove();
});

async function request(connection: NatsConnection, subject: string, body: object = {}) {
  const said = await connection.request(subject, JSON.stringify(body), { timeout: 20_000 });
  const answer = said.json<{ error?: { description: string } }>();
  if (answer.error) throw new Error(`${subject}: ${answer.error.description}`);
  return answer as Record<string, unknown>;
}
/** What the server says to a subscription; undefined when it is allowed. */
async function subscribeError(connection: NatsConnection, subject: string, queue?: string) {
  let error: string | undefined;
  connection.subscribe(subject, { callback: (problem) => (error = problem?.message), ...(queue && { queue }) });
  await connection.flush();
  return error;
}
/**
 * Subjects that the server took from this user.
 *
 * @param said how the server's complaint names a subject, where it is another one that is judged
 */
async function published(
  connection: NatsConnection,
  subjects: readonly string[],
  said = (subject: string) => subject,
): Promise<string[]> {
  const refused = new Set<string | undefined>();
  void (async () => {
    for await (const { type, permissionContext } of connection.status())
      if (type === "error") refused.add(permissionContext?.subject);
  })();
  for (const subject of subjects) connection.publish(subject, "{}");
  await connection.flush();
  await poll(() => refused.size >= subjects.length, 500);
  return subjects.filter((subject) => !refused.has(said(subject)));
}

test("S1: an app user listens to no inbox but its own, however it is written", async () => {
  await server.as(alice, async (connection) => {
    expect(await subscribeError(connection, "_INBOX.alice.>")).toBeUndefined();
    const probes = [
      "_INBOX.>",
      "_INBOX.*",
      "_INBOX.*.*",
      "_INBOX.*.>",
      "_INBOX.bob.>",
      "_INBOX._UABC.>",
      "*.>",
      "*.*.*",
      ">",
      "*.alice.>",
    ];
    for (const subject of probes)
      for (const queue of [undefined, "q"])
        expect([subject, await subscribeError(connection, subject, queue)]).toEqual([
          subject,
          expect.stringContaining("Permissions Violation"),
        ]);
  });
});

test("S1: everybody publishes to the inboxes of those who may ask it, a service to its own too, and to no others", async () => {
  const inboxOf = async (service: string) =>
    serviceInboxPrefix(fromSeed(new TextEncoder().encode(await server.seed(`user-service-${service}`))).getPublicKey());
  const [api, quiet] = [await inboxOf("api"), await inboxOf("quiet")];
  const never = ["_INBOX", "_INBOX.x", api, quiet, "_R_.1.2", "_NATSFORM.INBOX.streams.1", "_NATSFORM.INBOX.backup.1"];
  const [ofApi, ofQuiet] = [`${api}.1.2`, `${quiet}.1.2`];
  const ofUsers = ["_INBOX.alice.1.2", "_INBOX.bob.1.2"];
  const all = [...ofUsers, ofApi, ofQuiet, ...never];
  // Nobody asks it, and it asks nobody.
  await server.as({ user: "service-quiet" }, async (connection) => {
    expect(await published(connection, all)).toEqual([ofQuiet]);
    // A trace of its own message, which says whom it reaches.
    const traces: string[] = [];
    connection.subscribe(`${quiet}.trace`, { callback: (_, message) => traces.push(message.string()) });
    const header = headers();
    header.set("Nats-Trace-Dest", `${quiet}.trace`);
    connection.publish("quiet.traced", "", { headers: header });
    await eventually("a trace", () => traces.length > 0);
  });
  // Users ask it.
  await server.as({ user: "service-api" }, async (connection) =>
    expect(await published(connection, all)).toEqual([...ofUsers, ofApi]),
  );
  // The API asks it, and she herself on another device.
  await server.as(alice, async (connection) =>
    expect(await published(connection, all)).toEqual(["_INBOX.alice.1.2", ofApi]),
  );
});

test("S2: $SYS is closed to an app user, and absurd paging asked by the system user stops no server", async () => {
  await server.as(alice, async (connection) => {
    for (const subject of ["$SYS.>", "$SYS.*.>", "$SYS.ACCOUNT.*.CONNECT", "$SYS.REQ.USER.AUTH"])
      expect(await subscribeError(connection, subject)).toContain("Permissions Violation");
    const requests = [
      "SERVER.PING",
      "SERVER.PING.CONNZ",
      "ACCOUNT.PING.CONNZ",
      "ACCOUNT.APP.CONNZ",
      "SERVER.X.RELOAD",
      "USER.AUTH",
      "CLAIMS.UPDATE",
    ];
    expect(
      await published(
        connection,
        requests.map((name) => `$SYS.REQ.${name}`),
      ),
    ).toEqual([]);
  });
  await server.as({ user: "sys" }, async (connection) => {
    for (const paging of [
      { offset: 2 ** 53, limit: 2 ** 53 },
      { offset: -1, limit: -(2 ** 53) },
      { limit: 2 ** 63 - 1 },
    ])
      await connection
        .request("$SYS.REQ.SERVER.PING.CONNZ", JSON.stringify(paging), { timeout: 2000 })
        .catch(() => undefined);
  });
  expect(await server.monitor("/healthz")).toMatchObject({ status: "ok" });
});

test("S3: an app user changes nothing of JetStream", async () => {
  const calls = [
    ...[
      "DELETE",
      "PURGE",
      "UPDATE",
      "SNAPSHOT",
      "LEADER.STEPDOWN",
      "PEER.REMOVE",
      "MSG.DELETE",
      "MSG.GET",
      "INFO",
      "CREATE",
    ].map((verb) => `STREAM.${verb}.ORDERS`),
    "STREAM.RESTORE.STOLEN",
    "CONSUMER.DELETE.ORDERS.work",
    "CONSUMER.CREATE.ORDERS.spy",
    "CONSUMER.MSG.NEXT.ORDERS.work",
    "CONSUMER.PAUSE.ORDERS.work",
    "DIRECT.GET.ORDERS",
    "META.LEADER.STEPDOWN",
    "SERVER.REMOVE",
    "ACCOUNT.PURGE.APP",
  ];
  await server.as(alice, async (connection) => {
    const [plain, domain] = ["$JS.API.", "$JS.core.API."];
    expect(
      await published(
        connection,
        calls.map((call) => plain + call),
      ),
    ).toEqual([]);
    // The server maps the domain's subjects first, and judges what they stand for.
    const inDomain = calls.map((call) => domain + call);
    expect(await published(connection, inDomain, (subject) => subject.replace(domain, plain))).toEqual([]);
  });
  await server.as({ user: "service-api" }, async (api) => {
    expect(await request(api, "$JS.API.CONSUMER.INFO.ORDERS.work")).toMatchObject({ name: "work" });
    expect(await request(api, "$JS.API.STREAM.NAMES")).toMatchObject({ streams: ["ORDERS"] });
  });
});

test("S4: an app user answers for nobody: no acknowledgements, flow control, buckets or objects of others", async () => {
  const subjects = [
    "$JS.ACK.ORDERS.work.1.1.1.1.0",
    "$JS.ACK._.hash.ORDERS.work.1.1.1.1.0.x",
    "$JS.FC.ORDERS.work.x",
    "$KV.users.bob",
    "$KV.users.alice",
    "$O.files.C.x",
    "orders.bob.placed",
    "user.bob.x",
    "user.alice",
    "news.x",
    "_INBOX.bob.1",
  ];
  await server.as(alice, async (connection) => {
    expect(await published(connection, subjects)).toEqual([]);
    expect(await published(connection, ["user.alice.x"])).toEqual(["user.alice.x"]);
  });
});

test("S5: what is denied is not heard through a queue group or a wildcard around it", async () => {
  await server.as(alice, async (connection) => {
    for (const queue of [undefined, "q", "news.internal"])
      for (const subject of ["news.internal", "user.*.>", "user.>", "orders.>", "orders.alice.>"])
        expect([subject, await subscribeError(connection, subject, queue)]).toEqual([
          subject,
          expect.stringContaining("Permissions Violation"),
        ]);
    const heard: string[] = [];
    for (const queue of [undefined, "q", "r"])
      for (const subject of ["news.*", "news.>"])
        connection.subscribe(subject, {
          callback: (_, message) => heard.push(message.subject),
          ...(queue && { queue }),
        });
    await connection.flush();
    await server.as({ user: "service-api" }, async (api) => {
      api.publish("news.internal");
      api.publish("news.last");
      await api.flush();
    });
    await eventually("all four", () => heard.length >= 4);
    expect([...new Set(heard)]).toEqual(["news.last"]);
  });
});

test("S6: a trace goes only where its sender may publish", async () => {
  await server.as({ user: "service-api" }, async (api) => {
    const heard: string[] = [];
    api.subscribe("user.>", { callback: (_, { subject }) => heard.push(subject) });
    await api.flush();
    await server.as(alice, async (connection) => {
      for (const destination of ["user.bob.trace", "news.trace", "$SYS.REQ.SERVER.PING", "_INBOX.bob.1"]) {
        const header = headers();
        header.set("Nats-Trace-Dest", destination);
        connection.publish("user.alice.traced", "", { headers: header });
      }
      connection.publish("user.alice.last");
      await connection.flush();
    });
    await eventually("the last", () => heard.includes("user.alice.last"));
    expect(heard.filter((subject) => !subject.startsWith("user.alice."))).toEqual([]);
  });
});

describe("S8: a stranger that says PING before CONNECT", () => {
  /** A user without a password for whoever brings nothing: what natsform never renders. */
  const withGuest = (conf: ConfObject): ConfObject => {
    const accounts = conf.accounts as Record<string, ConfObject>;
    const guest = { user: "guest", password: "guest" };
    return { ...conf, no_auth_user: "guest", accounts: { ...accounts, APP: { ...accounts.APP, users: [guest] } } };
  };
  const answers = async (to: AttackedServer) => {
    const stranger = await raw(rawNats(to.port("client"), { ca: readFileSync(to.caFile) }));
    stranger.send("PING\r\nSUB > 1\r\nPING\r\n");
    const said = await stranger.until(/PONG\r\n.*PONG|-ERR/s);
    return said.includes("-ERR") || !said.includes("PONG") ? "refused" : "served";
  };

  test("is refused", async () => expect(await answers(server)).toBe("refused"));

  test("is refused even where a user for nobody is configured beside the callout", async () => {
    expect(await answers(await started(1, current, withGuest))).toBe("refused");
  });

  onOld(`was served by ${old} there (${control})`, async () => {
    expect(await answers(await started(1, old, withGuest))).toBe("served");
  });
});

describe("S10: a neighbour", () => {
  let member: AttackedServer;
  beforeAll(async () => {
    member = await started(3);
  });
  /** Whether the listener goes on talking after the handshake; a refused certificate ends it. */
  async function speaks(
    port: number,
    own: { cert: string; key: string } | undefined,
    listener: "routes" | "leafnodes",
  ) {
    const { ca } = member.certificate(listener);
    const options = { ca, ...own, checkServerIdentity: () => undefined };
    const connection = await raw(listener === "routes" ? rawTls(port, options) : rawNats(port, options));
    connection.send("PING\r\n");
    return (await connection.until(/INFO |PONG|-ERR/)) !== "";
  }

  test.each([
    ["routes", "routes", true],
    ["routes", "leafnodes", false],
    ["routes", "internal", false],
    ["routes", undefined, false],
    ["leafnodes", "leafnodes", true],
    ["leafnodes", "routes", false],
    ["leafnodes", "internal", false],
    ["leafnodes", undefined, false],
  ] as const)("on the port of %s with a certificate of %s: heard %s", async (listener, certificate, expected) => {
    const own = certificate && member.certificate(certificate);
    expect(await speaks(member.port(listener), own, listener)).toBe(expected);
  });

  test("with the right certificate of leaf nodes and the credentials of a client is no leaf node", async () => {
    const options = { ...server.certificate("leafnodes"), checkServerIdentity: () => undefined };
    const logins = [{}, { user: "a", pass: alice.token }, { auth_token: alice.token }, { user: "sys", pass: "sys" }];
    for (const login of logins) {
      const leaf = await raw(rawNats(server.port("leafnodes"), options));
      leaf.send(`CONNECT ${JSON.stringify({ name: "leaf", tls_required: true, ...login })}\r\nPING\r\n`);
      expect(await leaf.until(/-ERR.*\r\n|PONG/)).toMatch(/Authorization Violation/);
    }
    expect(await server.monitor("/leafz")).toMatchObject({ leafnodes: 0 });
  });
});

describe("S11: a stranger on the websocket listener", () => {
  const open = (to = server) =>
    raw(rawTls(to.port("websocket"), { ca: readFileSync(to.caFile), servername: "localhost" }));
  const status = async (path: string, fields: Record<string, string> = { Origin: origin }, to = server) => {
    const connection = await open(to);
    connection.send(upgrade(path, fields));
    return (await connection.until(/\r\n\r\n/)).split("\r\n")[0] ?? "";
  };
  const upgraded = async () => {
    const connection = await open();
    connection.send(
      upgrade("/", {
        Origin: origin,
        "Sec-WebSocket-Extensions": "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
      }),
    );
    expect(await connection.until(/\r\n\r\n/)).toContain(" 101 ");
    return connection;
  };

  test.each([
    "https://evil.example.com",
    `${origin}.evil.example.com`,
    "http://app.example.com",
    `${origin}:8443`,
    "null",
  ])("with the Origin %s is refused; with the right one it is heard", async (bad) => {
    expect(await status("/", { Origin: bad })).toContain(" 403 ");
    expect(await status("/")).toContain(" 101 ");
  });

  test("finds no MQTT there", async () => expect(await status("/mqtt")).toContain(" 404 "));

  test("who asks for leaf nodes is nobody without a login", async () => {
    const connection = await open();
    connection.send(upgrade("/leafnode", { Origin: origin }));
    expect((await connection.until(/\r\n\r\n/)).split("\r\n")[0]).toMatch(/ (101|404|403) /);
    expect(await server.monitor("/leafz")).toMatchObject({ leafnodes: 0 });
  });

  /** A login with a password, so that MQTT has something to log in with, and JetStream, which it needs. */
  const withPassword = (conf: ConfObject): ConfObject => ({
    ...conf,
    authorization: undefined,
    accounts: {
      ...(conf.accounts as ConfObject),
      APP: { jetstream: "enabled", users: [{ user: "a", password: "b" }] },
    },
  });

  test("who logs in by MQTT is not understood, and the server lives", async () => {
    const target = await started(1, current, withPassword);
    expect(await status("/mqtt", { Origin: origin, "Sec-WebSocket-Protocol": "mqtt" }, target)).toContain(" 404 ");
    expect(target.lives).toBe(true);
  });

  onOld(`who logged in by MQTT stopped ${old} (${control})`, async () => {
    const target = await started(1, old, withPassword);
    const connection = await open(target);
    connection.send(upgrade("/mqtt", { Origin: origin, "Sec-WebSocket-Protocol": "mqtt" }));
    expect(await connection.until(/\r\n\r\n/)).toContain(" 101 ");
    connection.send(frame(mqttConnect("a", "b")));
    await eventually("the end of the server", () => !target.lives);
    expect(target.log).toContain("panic");
  });

  test("who sends frames that lie about their size, a compression bomb or no protocol is cut off, in bounded memory", async () => {
    const memory = async () => Number((await server.monitor("/varz"))?.mem);
    const before = await memory();
    const bomb = Buffer.concat([Buffer.from("CONNECT {"), Buffer.alloc(256 * 1024 * 1024, " ")]);
    const frames: Record<string, Buffer> = {
      "2^63 bytes claimed": frame(Buffer.from("x"), { length: 2n ** 63n }),
      "2^64 - 1 bytes claimed": frame(Buffer.from("x"), { length: 2n ** 64n - 1n }),
      "256 MB compressed": frame(deflateRawSync(bomb), { compressed: true }),
      "no protocol": frame(Buffer.from("x".repeat(100_000))),
    };
    // Each at once, and not only when the 5 s for a login are over.
    const cutOff = Object.entries(frames).map(async ([what, bytes]) => {
      const connection = await upgraded();
      const start = performance.now();
      connection.send(bytes);
      await connection.closed;
      process.stdout.write(`S11: ${what}: cut off after ${(performance.now() - start).toFixed(0)} ms\n`);
    });
    await Promise.all(cutOff);
    expect(server.lives).toBe(true);
    const growth = (await memory()) - before;
    process.stdout.write(`S11: the server's memory grew by ${(growth / 2 ** 20).toFixed(0)} MiB\n`);
    expect(growth).toBeLessThan(64 * 1024 * 1024);
  });

  test("who sends headers of 2 MB is cut off", async () => {
    const connection = await open();
    connection.send(upgrade("/", { Origin: origin, Filler: "x".repeat(2_000_000) }));
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 431 |^$/);
    expect(server.lives).toBe(true);
  });
});

describe("S12: an admission", () => {
  test("ends with the token: the live connection is dropped", async () => {
    const exp = Math.floor(Date.now() / 1000) + 3;
    const end = await server.as({ token: await server.token({ sub: "alice", exp }) }, (connection) =>
      connection.closed(),
    );
    expect(String(end)).toMatch(/expired/i);
    expect(Date.now()).toBeGreaterThanOrEqual(exp * 1000);
  });

  test("and every seed stay out of what monitoring shows", async () => {
    const seeds = await Promise.all((await server.single.store.list()).map((name) => server.seed(name)));
    expect(seeds.length).toBeGreaterThan(3);
    await server.as(alice, async (connection) => {
      await connection.flush();
      const pages = [
        "debug/vars",
        "varz",
        "connz?auth=true&subs=detail",
        "connz?state=all",
        "subsz?subs=1",
        "accountz?acc=APP",
        "jsz?accounts=true&config=true",
        "leafz",
        "routez",
      ];
      for (const page of pages) {
        const answer = await fetch(`http://127.0.0.1:${server.port("monitoring")}/${page}`);
        const text = await answer.text();
        expect({ page, status: answer.status }).toEqual({ page, status: 200 });
        const shown = [...seeds, ...alice.token.split(".").slice(1)].filter((secret) => text.includes(secret));
        expect({ page, shown }).toEqual({ page, shown: [] });
      }
    });
    const shown = [...seeds, ...alice.token.split(".").slice(1)].filter((secret) => server.log.includes(secret));
    expect(shown).toEqual([]);
  });
});
