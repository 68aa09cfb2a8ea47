import http from "node:http";
import net from "node:net";
import { encodeOperator } from "@nats-io/jwt";
import { type NatsConnection, RequestStrategy } from "nats";
import { createAccount, createCurve, createOperator, createUser } from "nkeys.js";
import { compareVersions, serverKeys } from "../../model/config/server-keys";
import { defaultRelease } from "../../model/config/server-releases";
import { eventually } from "../support/eventually";
import {
  api,
  check,
  client,
  createConsumer,
  createStream,
  endAll,
  type RunningServer,
  refusal,
  start,
  startCluster,
} from "../support/lint-servers";
import { freePorts } from "../support/ports";
import { onEachRelease } from "../support/releases";

/**
 * What nats-server itself refuses or does: the evidence of the rules of model/lint and of the facts that they
 * and the renderer rely on. The name of a test begins with the rule, or with the section of the facts, that it proves.
 */

const listen = 'listen: "127.0.0.1:-1"';
const monitored = `${listen}\nhttp: "127.0.0.1:-1"`;
const jetstream = 'jetstream { store_dir: "{dir}/js", max_file_store: 100MB, max_memory_store: 100MB }';

/** Started first and looked at last: lame duck mode takes half a minute. */
let lameDuck: RunningServer;

beforeAll(async () => {
  const server = await start(`${listen}\nlame_duck_duration: 30s\nlame_duck_grace_period: 10s`);
  // So many that moving them away, one at a time, takes the whole duration.
  await Promise.all(Array.from({ length: 40 }, () => client(server)));
  server.signal("SIGUSR2");
  lameDuck = server;
});
afterAll(endAll);

describe("the configuration of a server", () => {
  const accountKey = createAccount().getPublicKey();
  const userKey = createUser().getPublicKey();
  const callout = (issuer: string) => `authorization { auth_callout { issuer: ${issuer}, auth_users: [${userKey}] } }`;

  test("facts 1.a: operator and auth_callout in one file are valid to -t and refused at start", async () => {
    const operator = await encodeOperator("test", createOperator());
    const conf = `${listen}\noperator: ${operator}\nresolver: MEMORY\n${callout(accountKey)}`;
    expect(check(conf).valid).toBe(true);
    expect(await refusal(conf)).toContain("operators do not allow authorization callouts to be configured directly");
  });

  test("facts 1.c: the issuer of the callout is an account key, not a user's", () => {
    expect(check(`${listen}\n${callout(accountKey)}`).valid).toBe(true);
    expect(check(`${listen}\n${callout(userKey)}`).output).toContain(
      "Expected callout user to be a valid public account nkey",
    );
  });

  test("facts 1.c: the xkey of the callout is a curve key", () => {
    const conf = (xkey: string) =>
      `authorization { auth_callout { issuer: ${accountKey}, auth_users: [a], xkey: ${xkey} } }`;
    expect(check(conf(createCurve().getPublicKey())).valid).toBe(true);
    expect(check(conf(userKey)).output).toContain("valid public xkey");
  });

  test("facts 1.l: max_payload is no flag", async () => {
    expect(await refusal(listen, {}, ["--max_payload=8MB"])).toContain("flag provided but not defined");
  });

  test("facts 1.m: JetStream in a cluster needs a server_name", async () => {
    const conf = `${listen}\n${jetstream}\ncluster { name: test, listen: "127.0.0.1:-1" }`;
    expect(check(conf).valid).toBe(true);
    expect(await refusal(conf)).toContain("jetstream cluster requires `server_name` to be set");
  });

  test("facts 2: a quoted size is fatal, an unquoted one is not", () => {
    expect(check('max_payload: "2MB"').output).toContain("interface {} is string, not int64");
    expect(check("max_payload: 2MB").valid).toBe(true);
  });

  test.each(["max_payloads: 1MB", "cluster { nam: x }", "tls { cert_files: x }", "jetstream { uniquetag: x }"])(
    "facts 4.10: the unknown key of %s is fatal",
    (conf) => expect(check(conf).output).toMatch(/unknown field/i),
  );

  /** A value of the right kind for each key of the table. */
  const values: Record<string, string> = {
    "authorization.auth_callout.allowed_accounts": "[APP]",
    default_sentinel: "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.x",
    feature_flags: "{ js_ack_fc_v2: true }",
    "cluster.write_timeout": "default",
    "jetstream.max_buffered_size": "128MB",
    "jetstream.max_buffered_msgs": "1000",
    "jetstream.max_concurrent_io": "16",
    "jetstream.meta_compact": "10",
    "jetstream.meta_compact_size": "1MB",
    server_metadata: "{ a: b }",
  };
  const required: Record<string, string> = {
    "authorization.auth_callout": `issuer: ${accountKey}, auth_users: [${userKey}],`,
    "leafnodes.remotes": 'url: "nats://127.0.0.1:7422",',
    jetstream: 'store_dir: "{dir}/js",',
  };

  test.each(Object.keys(serverKeys))(`facts 4.10: ${defaultRelease} knows %s of the table of gated keys`, (key) => {
    const parts = key.split(".");
    const conf = parts.reduceRight((inner, part, i) => {
      const parent = parts.slice(0, i).join(".");
      const line = `${required[parent] ?? ""} ${part}: ${inner}`;
      return i === 0 ? line : parent === "leafnodes.remotes" ? `[{ ${line} }]` : `{ ${line} }`;
    }, values[key] ?? "true");
    expect(check(`accounts { APP {} }\n${conf}`)).toEqual({
      valid: true,
      output: expect.stringContaining("is valid"),
    });
    expect(check(`accounts { APP {} }\n${conf.replace(parts.at(-1) ?? "", "not_a_key")}`).valid).toBe(false);
  });

  test("facts 6: a quoted variable is text, an unquoted one is parsed as configuration", async () => {
    const conf = (password: string) => `${listen}\nauthorization { user: a, password: ${password} }`;
    const quoted = await start(conf('"$PW"'), { env: { PW: "secret" } });
    await expect(client(quoted, { user: "a", pass: "secret" })).rejects.toThrow("Authorization Violation");
    await expect(client(quoted, { user: "a", pass: "$PW" })).resolves.toBeDefined();
    const whole = await start(conf("$PW"), { env: { PW: "secret" } });
    await expect(client(whole, { user: "a", pass: "secret" })).resolves.toBeDefined();
    expect(await refusal(conf("$PW"), { PW: "12345" })).toContain("interface {} is int64, not string");
  });

  test.each([
    ['"\\x41\\t\\n\\r\\"\\\\"', true],
    ['"\\u0041"', false],
    ['"\\b"', false],
  ])("facts 6: the escapes of %s are known: %s", (text, known) => {
    expect(check(`server_name: ${text}`).valid).toBe(known);
  });

  test("lame-duck-cut-short: the grace period must be shorter than the duration, which is 30 seconds at least", async () => {
    expect(await refusal(`${listen}\nlame_duck_duration: 30s\nlame_duck_grace_period: 30s`)).toContain(
      "should be strictly lower than lame duck duration",
    );
    expect(check("lame_duck_duration: 29s").output).toContain(
      "invalid lame_duck_duration of 29s, minimum is 30 seconds",
    );
  });

  test("payload-exceeds-pending: 64 MiB is the most, and payload-large: the server itself warns above 8", async () => {
    expect(await refusal(`${listen}\nmax_payload: 65MiB`)).toMatch(/max_payload .* higher than max_pending/);
    const largest = await start(`${listen}\nmax_payload: 64MiB`);
    expect(largest.log()).toContain("Maximum payloads over 8.00 MB are generally discouraged");
    const large = await start(`${listen}\nmax_payload: 8MiB`);
    expect(large.log()).not.toContain("discouraged");
  });

  test("feature-flag-unknown: an unknown flag is accepted and has no effect", async () => {
    const server = await start(`${listen}\nfeature_flags { js_ack_v2: true, js_ack_fc_v2: true }`);
    expect(server.log()).toMatch(/unsupported.*js_ack_v2/i);
  });

  test("leaf-account-twice: two equal remotes are refused", async () => {
    const remote = '{ urls: ["nats://127.0.0.1:7422"], account: APP }';
    const conf = (remotes: string) => `accounts { APP {} }\nleafnodes { remotes: [${remotes}] }`;
    expect(check(conf(remote)).valid).toBe(true);
    expect(check(conf(`${remote}, ${remote}`)).output).toContain("duplicate remote");
  });
});

describe("a server that is alone", () => {
  test("cluster-single-server: with a cluster block it waits for a second one, without it JetStream works", async () => {
    const [port] = await freePorts(1);
    const block = `cluster { name: test, listen: "127.0.0.1:${port}", routes: ["nats://127.0.0.1:${port}"] }`;
    const waiting = await start(`server_name: s0\n${monitored}\n${jetstream}\n${block}`);
    await eventually("it counts itself twice", async () => {
      const state = (await (await fetch(`${waiting.monitoring}/jsz`)).json()) as {
        meta_cluster?: { cluster_size: number };
      };
      return state.meta_cluster?.cluster_size === 2;
    });
    expect((await fetch(`${waiting.monitoring}/healthz`)).status).toBe(503);
    expect(await refusal(`server_name: s0\n${listen}\n${jetstream}\n${block.replace(/"nats:.*"/, "")}`)).toContain(
      "JetStream cluster requires configured routes",
    );
    const alone = await start(`server_name: s0\n${monitored}\n${jetstream}`);
    expect((await fetch(`${alone.monitoring}/healthz`)).status).toBe(200);
  });

  test("account-limits-exceed-server: it does not start when accounts are promised more than it has", async () => {
    const conf = (limit: string) =>
      `${listen}\n${jetstream}\naccounts { A { jetstream: { max_file: ${limit} } }, B { jetstream: { max_file: 50MB } } }`;
    expect(await refusal(conf("51MB"))).toContain("insufficient storage resources available");
    expect((await start(conf("50MB"))).ready).toBe(true);
  });

  test("proxy-protocol-without-balancer: it believes the header of any client, and serves those without one", async () => {
    const server = await start(`${monitored}\nproxy_protocol: true`);
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    socket.write("PROXY TCP4 203.0.113.9 192.0.2.1 4711 4222\r\nCONNECT {}\r\nPING\r\n");
    try {
      await eventually("the claimed address is in connz", async () =>
        (await (await fetch(`${server.monitoring}/connz`)).text()).includes('"203.0.113.9"'),
      );
      await expect(client(server)).resolves.toBeDefined();
    } finally {
      socket.destroy();
    }
  });

  test("websocket-any-origin: without a list the server accepts every origin", async () => {
    const conf = (more: string) => `${listen}\nwebsocket { listen: "127.0.0.1:-1", no_tls: true ${more} }`;
    const answer = (server: RunningServer, origin: string) =>
      new Promise<number | undefined>((resolve, reject) => {
        const port = /Listening for websocket clients on ws:\/\/\S+:(\d+)/.exec(server.log())?.[1];
        const headers = {
          connection: "upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          origin,
        };
        http
          .get({ port, host: "127.0.0.1", headers }, (response) => resolve(response.resume().statusCode))
          .on("upgrade", (response, socket) => {
            socket.destroy();
            resolve(response.statusCode);
          })
          .on("error", reject);
      });
    const open = await start(conf(""));
    expect(await answer(open, "https://evil.example")).toBe(101);
    const closed = await start(conf(', allowed_origins: ["https://app.example.com"]'));
    expect(await answer(closed, "https://evil.example")).toBe(403);
    expect(await answer(closed, "https://app.example.com")).toBe(101);
  });

  test("callout-single-responder: without a responder users wait out the timeout, and auth users get in", async () => {
    const server = await start(`
      ${listen}
      accounts { APP { users: [{ user: app, password: p }] }, SYS { users: [{ user: sys, password: p }] } }
      system_account: SYS
      authorization { timeout: 1, auth_callout { issuer: ${createAccount().getPublicKey()}, auth_users: [sys] } }`);
    const began = Date.now();
    await expect(client(server, { user: "app", pass: "p" })).rejects.toThrow("Authorization Violation");
    expect(Date.now() - began).toBeGreaterThanOrEqual(950);
    await expect(client(server, { user: "sys", pass: "p" })).resolves.toBeDefined();
  });
});

describe("permissions", () => {
  const user = (name: string, permissions: string) => `{ user: ${name}, password: p, permissions { ${permissions} } }`;
  const withUsers = (users: string[], more = "") =>
    `${listen}\n${more}\nauthorization { users: [${users.join(", ")}] }`;

  /** Whether a message of the user arrives at a subscriber that may do everything. */
  async function arrives(server: RunningServer, name: string, subject: string): Promise<boolean> {
    const root = await client(server, { user: "root", pass: "p" });
    const received = root.subscribe(">");
    await root.flush();
    const sender = await client(server, { user: name, pass: "p" });
    sender.publish(subject);
    // The connection of the sender keeps its order: what it may always say comes last.
    sender.publish("end");
    for await (const message of received) {
      if (message.subject === subject) return true;
      if (message.subject === "end") return false;
    }
    throw new Error("the connection ended");
  }

  test("permission-grants-nothing, deny-without-allow: to NATS an absent or empty allow means everything", async () => {
    const server = await start(
      withUsers([
        user("root", 'publish: ">", subscribe: ">"'),
        user("empty", "publish: { allow: [] }"),
        user("denied", 'publish: { deny: ["secret.>"] }'),
        user("closed", 'publish: { allow: ["end"] }'),
      ]),
    );
    expect(await arrives(server, "empty", "anything")).toBe(true);
    expect(await arrives(server, "denied", "anything")).toBe(true);
    expect(await arrives(server, "denied", "secret.x")).toBe(false);
    expect(await arrives(server, "closed", "anything")).toBe(false);
  });

  test("grant-inboxes: whoever may subscribe to _INBOX.> reads the replies of others", async () => {
    const server = await start(
      withUsers([
        user("service", 'publish: { allow: ["none"] }, subscribe: "ask", allow_responses: true'),
        user("alice", 'publish: "ask", subscribe: "_INBOX.alice.>"'),
        user("eve", 'publish: { allow: ["none"] }, subscribe: "_INBOX.>"'),
      ]),
    );
    const [service, alice, eve] = await Promise.all(
      ["service", "alice", "eve"].map((name) =>
        client(server, { user: name, pass: "p", inboxPrefix: `_INBOX.${name}` }),
      ),
    );
    service?.subscribe("ask", { callback: (_, message) => message.respond("for alice alone") });
    const overheard = eve?.subscribe("_INBOX.>", { max: 1 });
    await Promise.all([service?.flush(), eve?.flush()]);
    expect((await alice?.request("ask", undefined, { timeout: 20_000 }))?.string()).toBe("for alice alone");
    for await (const message of overheard ?? []) expect(message.string()).toBe("for alice alone");
    expect(overheard?.getReceived()).toBe(1);
  });

  const workqueue = [
    user("root", 'publish: ">", subscribe: ">"'),
    user("any", 'publish: ["end", "$JS.ACK.>"], subscribe: ">"'),
    user("old", 'publish: ["end", "$JS.ACK.WORK.>"], subscribe: ">"'),
    user("both", 'publish: ["end", "$JS.ACK.WORK.>", "$JS.ACK.*.*.WORK.>"], subscribe: ">"'),
  ];

  /** Delivers a message to `root`, and has the user acknowledge it. Whether that empties the workqueue. */
  async function acknowledges(server: RunningServer, name: string): Promise<{ subject: string; done: boolean }> {
    const root = await client(server, { user: "root", pass: "p" });
    await createStream(root, { name: "WORK", subjects: ["work"], retention: "workqueue" });
    await api(root, "STREAM.PURGE.WORK");
    await createConsumer(root, "WORK", { durable_name: "c" });
    await root.request("work", undefined, { timeout: 20_000 });
    const next = "$JS.API.CONSUMER.MSG.NEXT.WORK.c";
    const delivered = await root.request(next, undefined, { noMux: true, timeout: 20_000 });
    const subject = delivered.reply ?? "";
    const other = await client(server, { user: name, pass: "p" });
    const refused = new Promise<boolean>((resolve) => {
      (async () => {
        for await (const status of other.status()) if (status.type === "error") resolve(false);
      })();
    });
    other.publish(subject, "+ACK");
    const gone = eventually("the message is gone", async () => {
      const { state } = (await api(root, "STREAM.INFO.WORK")) as unknown as { state: { messages: number } };
      return state.messages === 0;
    }).then(() => true);
    return { subject, done: await Promise.race([refused, gone.catch(() => false)]) };
  }

  test("grant-acknowledgements: whoever may publish to $JS.ACK.> ends what others work on", async () => {
    const server = await start(withUsers(workqueue, jetstream));
    expect((await acknowledges(server, "any")).done).toBe(true);
  });

  test("grant-acknowledgements-v1: with js_ack_fc_v2 a grant to $JS.ACK.<stream>.> refuses acknowledgements", async () => {
    const before = await start(withUsers(workqueue, jetstream));
    expect(await acknowledges(before, "old")).toEqual({
      subject: expect.stringMatching(/^\$JS\.ACK\.WORK\.c\./),
      done: true,
    });
    const after = await start(
      withUsers(workqueue, `${jetstream.replace("{ ", "{ domain: core, ")}\nfeature_flags { js_ack_fc_v2: true }`),
    );
    expect(await acknowledges(after, "old")).toEqual({
      subject: expect.stringMatching(/^\$JS\.ACK\.core\.\w+\.WORK\.c\./),
      done: false,
    });
    expect((await acknowledges(after, "both")).done).toBe(true);
  });
});

describe("streams and consumers", () => {
  let js: NatsConnection;
  let limited: NatsConnection;
  let without: NatsConnection;
  let server: RunningServer;

  beforeAll(async () => {
    server = await start(`
      ${monitored}
      ${jetstream}
      accounts {
        A { jetstream: enabled, users: [{ user: a, password: p }] }
        LIMITED { jetstream: { max_file: 10MB, max_streams: 2, max_consumers: 1 }, users: [{ user: l, password: p }] }
        ZERO { jetstream: { max_file: 0 }, users: [{ user: z, password: p }] }
        NONE { users: [{ user: n, password: p }] }
      }`);
    [js, limited, without] = (await Promise.all(
      ["a", "l", "n"].map((user) => client(server, { user, pass: "p" })),
    )) as [NatsConnection, NatsConnection, NatsConnection];
  });

  const messages = async (name: string) =>
    ((await api(js, `STREAM.INFO.${name}`)) as unknown as { state: { messages: number } }).state.messages;

  test("subjects-overlap: with another stream and within one", async () => {
    expect(await createStream(js, { name: "ONE", subjects: ["one.>"] })).toBe("created");
    expect(await createStream(js, { name: "TWO", subjects: ["one.*.two"] })).toBe(
      "subjects overlap with an existing stream",
    );
    expect(await createStream(js, { name: "SELF", subjects: ["self.*", "self.>"] })).toContain(
      '"self.*" overlaps with "self.>"',
    );
    expect(await createStream(js, { name: "SELF", subjects: ["self.a.*", "self.*.b"] })).toContain("overlaps with");
  });

  test.each([
    [">", "capturing all subjects requires no-ack to be true"],
    ["*.API.>", "subjects that overlap with jetstream api require no-ack to be true"],
    ["$JS.ACK.x.>", "subjects that overlap with jetstream api require no-ack to be true"],
    ["$NRG.x", "subjects that overlap with jetstream api require no-ack to be true"],
    ["$SYS.REQ.>", "subjects that overlap with system api require no-ack to be true"],
    ["$JS.EVENT.ADVISORY.>", "created"],
    ["$SYS.ACCOUNT.*.CONNECT", "created"],
    ["$KV.x.>", "created"],
  ])("subjects-reserved: a stream of %s: %s", async (subject, answer) => {
    const name = `R${Buffer.from(subject).toString("hex").slice(0, 20)}`;
    expect(await createStream(js, { name, subjects: [subject] })).toContain(answer);
  });

  test("example-not-captured: * is one token, so a publish behind it reaches no stream", async () => {
    expect(await createStream(js, { name: "GLOBAL", subjects: ["global.*"] })).toBe("created");
    await expect(js.jetstream().publish("global.user")).resolves.toMatchObject({ stream: "GLOBAL" });
    await expect(js.jetstream().publish("global.user.registered")).rejects.toThrow("503");
    expect(await messages("GLOBAL")).toBe(1);
  });

  const ms = 1e6;
  test.each([
    [{ max_age: 60_000 * ms, duplicate_window: 120_000 * ms }, "duplicates window can not be larger then max age"],
    [{ max_age: 99 * ms, duplicate_window: 99 * ms }, "max age needs to be >= 100ms"],
    [{ duplicate_window: 99 * ms }, "duplicates window needs to be >= 100ms"],
    [{ max_age: 120_000 * ms, duplicate_window: 120_000 * ms }, "created"],
  ])("stream-times-refused: %j: %s", async (times, answer) => {
    const name = `T${JSON.stringify(times).replace(/\D/g, "")}`;
    expect(await createStream(js, { name, subjects: [name], ...times })).toContain(answer);
  });

  test("rollup-needs-purge", async () => {
    const stream = { name: "ROLL", subjects: ["roll"], allow_rollup_hdrs: true };
    expect(await createStream(js, { ...stream, deny_purge: true })).toContain("roll-ups require the purge permission");
    expect(await createStream(js, { ...stream, deny_delete: true })).toBe("created");
  });

  test("persist-async-refused: for file streams with one replica alone", async () => {
    const stream = { name: "ASYNC", subjects: ["async"], persist_mode: "async" };
    expect(await createStream(js, { ...stream, storage: "memory" })).toContain("only supported on file storage");
    expect(await createStream(js, { ...stream, storage: "file", num_replicas: 3 })).toContain(
      "not supported on replicated streams",
    );
    expect(await createStream(js, { ...stream, storage: "file" })).toBe("created");
  });

  test("interest-without-consumer: messages are acknowledged and dropped until there is one", async () => {
    await createStream(js, { name: "INTEREST", subjects: ["interest"], retention: "interest" });
    await expect(js.jetstream().publish("interest")).resolves.toMatchObject({ stream: "INTEREST" });
    expect(await messages("INTEREST")).toBe(0);
    await createConsumer(js, "INTEREST", { durable_name: "c" });
    await js.jetstream().publish("interest");
    expect(await messages("INTEREST")).toBe(1);
  });

  test("stream-unbounded, zero limits: zero is no limit to a stream", async () => {
    await createStream(js, { name: "ZERO", subjects: ["zero"], max_bytes: 0, max_age: 0, max_msgs: 0 });
    const { config } = (await api(js, "STREAM.INFO.ZERO")) as { config: object };
    expect(config).toMatchObject({ max_bytes: -1, max_age: 0, max_msgs: -1 });
  });

  describe("consumers", () => {
    beforeAll(async () => {
      await createStream(js, { name: "C", subjects: ["c.>"] });
      await createStream(js, { name: "WQ", subjects: ["wq.>"], retention: "workqueue" });
    });

    test("consumer-filter-outside: a filter for nothing is accepted and never gets a message", async () => {
      await js.jetstream().publish("c.a");
      expect(await createConsumer(js, "C", { durable_name: "outside", filter_subject: "other.>" })).toBe("created");
      expect(await api(js, "CONSUMER.INFO.C.outside")).toMatchObject({ num_pending: 0 });
      expect(await createConsumer(js, "C", { durable_name: "inside", filter_subject: ">" })).toBe("created");
      expect(await api(js, "CONSUMER.INFO.C.inside")).toMatchObject({ num_pending: 1 });
    });

    test("consumer-filters-overlap: one inside the other is refused, two that merely meet are not", async () => {
      const filtered = (...filter_subjects: string[]) =>
        createConsumer(js, "C", { durable_name: "f", filter_subjects });
      expect(await filtered("c.*.a", "c.>")).toBe("consumer subject filters cannot overlap");
      expect(await filtered("c.a", "c.a")).toBe("consumer subject filters cannot overlap");
      expect(await filtered("c.*.a", "c.b.*")).toBe("created");
    });

    test("last-per-subject-unfiltered", async () => {
      const consumer = { durable_name: "last", deliver_policy: "last_per_subject" };
      expect(await createConsumer(js, "C", consumer)).toContain("optional filter subject is not set");
      expect(await createConsumer(js, "C", { ...consumer, filter_subject: "c.>" })).toBe("created");
    });

    test("workqueue-consumer-policy: explicit acknowledgements, from the first message", async () => {
      const create = (config: object) => createConsumer(js, "WQ", { durable_name: "p", ...config });
      expect(await create({ ack_policy: "all" })).toBe("workqueue stream requires explicit ack");
      expect(await create({ ack_policy: "none" })).toMatch(/explicit ack/);
      expect(await create({ deliver_policy: "new" })).toBe("consumer must be deliver all on workqueue stream");
    });

    test("workqueue-consumers-overlap: each message is for one consumer", async () => {
      const create = (durable_name: string, filter_subject?: string) =>
        createConsumer(js, "WQ", { durable_name, filter_subject });
      expect(await create("a", "wq.a.*")).toBe("created");
      expect(await create("b", "wq.b")).toBe("created");
      expect(await create("c", "wq.*.c")).toBe("filtered consumer not unique on workqueue stream");
      expect(await create("d")).toBe("multiple non-filtered consumers not allowed on workqueue stream");
    });
  });

  test("file-store-overcommitted: maxBytes is taken when the stream is created", async () => {
    const stream = (name: string, megabytes: number) =>
      createStream(js, { name, subjects: [name], storage: "file", max_bytes: megabytes * 2 ** 20 });
    expect(await stream("WIDE", 101)).toBe("insufficient storage resources available");
    expect(await stream("FIRST", 60)).toBe("created");
    expect(await stream("SECOND", 60)).toBe("insufficient storage resources available");
    expect(await api(js, "STREAM.DELETE.FIRST")).toMatchObject({ success: true });
  });

  test("file-store-overcommitted, memory-store-overcommitted: a store of zero bytes holds no stream", async () => {
    const empty = await start(
      `${listen}\njetstream { store_dir: "{dir}/js", max_file_store: 0, max_memory_store: 10MB }`,
    );
    const connection = await client(empty);
    expect(await createStream(connection, { name: "F", subjects: ["f"], storage: "file" })).toBe(
      "insufficient storage resources available",
    );
    expect(
      await createStream(connection, { name: "M", subjects: ["m"], storage: "memory", max_bytes: 11 * 2 ** 20 }),
    ).toBe("insufficient memory resources available");
  });

  test("account-without-jetstream", async () => {
    // Without JetStream nobody in the account answers: the system account's answer is an error as well.
    await expect(createStream(without, { name: "X", subjects: ["x"] })).resolves.toBe(
      "JetStream not enabled for account",
    );
  });

  test("account-limits-exceeded: bytes, streams, and consumers of each stream", async () => {
    const stream = (name: string, more: object) =>
      createStream(limited, { name, subjects: [name], storage: "file", ...more });
    expect(await stream("L0", { max_bytes: 11 * 2 ** 20 })).toBe("insufficient storage resources available");
    expect(await stream("L1", {})).toBe("created");
    expect(await stream("L2", {})).toBe("created");
    expect(await stream("L3", {})).toBe("maximum number of streams reached");
    expect(await createConsumer(limited, "L1", { durable_name: "a" })).toBe("created");
    expect(await createConsumer(limited, "L2", { durable_name: "a" })).toBe("created");
    expect(await createConsumer(limited, "L1", { durable_name: "b" })).toBe("maximum consumers limit reached");
  });

  test("account-limits-exceeded: a limit of zero bytes is a limit", async () => {
    const zero = await client(server, { user: "z", pass: "p" });
    const stream = { name: "Z", subjects: ["z"] };
    expect(await createStream(zero, { ...stream, storage: "file" })).toBe("insufficient storage resources available");
    expect(await createStream(zero, { ...stream, storage: "memory" })).toBe("created");
  });
});

describe.each(onEachRelease)("on nats-server $title", ({ version, program, test }) => {
  const isSince15 = compareVersions(version, "2.15.0") >= 0;

  test(`backup-memory-stream: ${isSince15 ? "there is a" : "there is no"} snapshot of a memory stream`, async () => {
    const server = await start(`${listen}\njetstream { store_dir: "{dir}/js" }`, { program });
    const js = await client(server);
    await createStream(js, { name: "MEMORY", subjects: ["memory"], storage: "memory" });
    const { error } = await api(js, "STREAM.SNAPSHOT.MEMORY", { deliver_subject: "snapshot.memory" });
    expect(error?.description).toBe(isSince15 ? undefined : "snapshot failed: no impl");
  });

  test(`a stream holds ${isSince15 ? "1000" : "any number of"} consumers, unless its account or itself says otherwise`, async () => {
    const server = await start(
      `${listen}\njetstream { store_dir: "{dir}/js" }\nno_auth_user: a
       accounts { A { jetstream: enabled, users: [{ user: a, password: p }] }
                  B { jetstream: { max_consumers: 1002 }, users: [{ user: b, password: p }] } }`,
      { program },
    );
    const js = await client(server, { user: "a", pass: "p" });
    const more = await client(server, { user: "b", pass: "p" });
    const fill = async (connection: NatsConnection, name: string, config: object = {}) => {
      await createStream(connection, { name, subjects: [name], storage: "memory", ...config });
      const made = [];
      for (let i = 0; i < 1001; i++)
        made.push(await createConsumer(connection, name, { durable_name: `c${i}`, mem_storage: true }));
      return made.filter((answer) => answer !== "created");
    };
    expect(await fill(js, "S")).toEqual(isSince15 ? ["maximum consumers limit reached"] : []);
    expect(await fill(js, "T", { max_consumers: 1001 })).toEqual([]);
    expect(await fill(more, "S")).toEqual([]);
  });
});

describe("a cluster whose tags do not suffice", () => {
  let js: NatsConnection;
  let servers: RunningServer[];
  /** Streams are placed by tags: two servers in zone a, one in zone b, and one that does not say. */
  beforeAll(async () => {
    servers = await startCluster(
      ['server_tags: ["az:a", "country:dk"]', 'server_tags: ["az:a"]', 'server_tags: ["az:b"]', ""],
      'unique_tag: "az:"',
    );
    js = await client(servers[0] as RunningServer);
  });

  const leaderOf = async (name: string) =>
    ((await api(js, `STREAM.INFO.${name}`)) as unknown as { cluster: { leader: string } }).cluster.leader;

  test("placement-impossible: nobody carries the tag, or fewer servers than replicas", async () => {
    const placed = (tags: string[], num_replicas: number) =>
      createStream(js, { name: "PLACED", subjects: ["placed"], num_replicas, placement: { tags } });
    // The one that places has to have heard of every server's tags: from then on a refusal says something.
    await eventually("one replica is placed", async () => (await placed(["country:dk"], 1)) === "created");
    expect(await leaderOf("PLACED")).toBe("s0");
    await api(js, "STREAM.DELETE.PLACED");
    expect(await placed(["country:no"], 1)).toContain("no suitable peers for placement");
    expect(await placed(["country:dk"], 3)).toContain("no suitable peers for placement");
  });

  test("unique-tag-impossible: more replicas than values, unless the placement names the tag", async () => {
    const stream = { name: "UNIQUE", subjects: ["unique"] };
    expect(await createStream(js, { ...stream, num_replicas: 3 })).toContain("no suitable peers for placement");
    expect(await createStream(js, { ...stream, num_replicas: 2 })).toBe("created");
    const named = { name: "NAMED", subjects: ["named"], num_replicas: 2, placement: { tags: ["az:a"] } };
    expect(await createStream(js, named)).toBe("created");
  });

  test("unique-tag-partial, territory-unplaced: without a placement R1 lands anywhere but on the server without the tag", async () => {
    const leaders = new Set<string>();
    for (let i = 0; i < 12; i++) {
      expect(await createStream(js, { name: `ANY${i}`, subjects: [`any.${i}`] })).toBe("created");
      leaders.add(await leaderOf(`ANY${i}`));
    }
    expect(leaders.has("s3")).toBe(false);
    expect(leaders.size).toBeGreaterThan(1);
  });

  test("consumer-replicas-mismatch: a workqueue wants as many as the stream has, other streams do not", async () => {
    const stream = { num_replicas: 2, subjects: ["same"] };
    const consumer = { durable_name: "c", num_replicas: 1 };
    await createStream(js, { ...stream, name: "QUEUE", retention: "workqueue" });
    expect(await createConsumer(js, "QUEUE", consumer)).toMatch(/replica.*(match|must)/);
    expect(await createConsumer(js, "QUEUE", { ...consumer, num_replicas: 2 })).toBe("created");
    expect(await createConsumer(js, "UNIQUE", consumer)).toBe("created");
  });

  test("backup-consumer-replicas: a snapshot leaves out consumers that the stream's leader does not hold", async () => {
    await createStream(js, { name: "SAVED", subjects: ["saved"], storage: "file", num_replicas: 2 });
    const count = 12;
    for (let i = 0; i < count; i++) {
      expect(await createConsumer(js, "SAVED", { durable_name: `c${i}`, num_replicas: 1 })).toBe("created");
    }
    const saved = await snapshot(js, "SAVED");
    await api(js, "STREAM.DELETE.SAVED");
    await restore(js, "SAVED", saved);
    const { consumers } = (await api(js, "CONSUMER.NAMES.SAVED")) as unknown as { consumers: string[] };
    expect(consumers.length).toBeLessThan(count);
  });

  test("stream-r2: without one of its two servers the stream takes nothing, while R1 on the other goes on", async () => {
    const { cluster } = (await api(js, "STREAM.INFO.UNIQUE")) as unknown as {
      cluster: { leader: string; replicas: { name: string }[] };
    };
    const serverOf = (name = "") => servers[Number(name.slice(1))] as RunningServer;
    const leader = await client(serverOf(cluster.leader));
    const singles = await Promise.all(Array.from({ length: 12 }, (_, i) => leaderOf(`ANY${i}`)));
    const single = `any.${singles.indexOf(cluster.leader)}`;
    const publish = (subject: string, timeout = 20_000) => leader.jetstream().publish(subject, undefined, { timeout });
    await expect(publish("unique")).resolves.toMatchObject({ stream: "UNIQUE" });
    await serverOf(cluster.replicas[0]?.name).end();
    // Its leader lives: what is missing is the majority.
    await expect(publish("unique", 3000)).rejects.toThrow(/TIMEOUT|503/);
    await expect(publish(single)).resolves.toMatchObject({ stream: single.toUpperCase().replace(".", "") });
  });

  test("cluster-of-two: without one of its two servers JetStream does nothing at all", async () => {
    const [first, second] = (await startCluster(["", ""])) as [RunningServer, RunningServer];
    const connection = await client(first);
    expect(await createStream(connection, { name: "BEFORE", subjects: ["before"] })).toBe("created");
    await second.end();
    await expect(
      connection.request(
        "$JS.API.STREAM.CREATE.AFTER",
        JSON.stringify({ name: "AFTER", subjects: ["after"], num_replicas: 1 }),
        { timeout: 3000 },
      ),
    ).rejects.toThrow(/TIMEOUT|503/);
  });
});

/** The chunks of a snapshot, each acknowledged so that the next one comes. */
async function snapshot(js: NatsConnection, stream: string) {
  const deliver = js.subscribe("snapshot.chunks");
  const answer = await api(js, `STREAM.SNAPSHOT.${stream}`, { deliver_subject: "snapshot.chunks", chunk_size: 65536 });
  expect(answer.error).toBeUndefined();
  const chunks: Uint8Array[] = [];
  for await (const message of deliver) {
    if (message.data.length === 0) break;
    chunks.push(message.data);
    message.respond();
  }
  return { config: answer.config, state: answer.state, chunks };
}

async function restore(js: NatsConnection, stream: string, saved: Awaited<ReturnType<typeof snapshot>>) {
  const { config, state, chunks } = saved;
  const answer = await api(js, `STREAM.RESTORE.${stream}`, { config, state });
  expect(answer.error).toBeUndefined();
  for (const chunk of chunks) await js.request(String(answer.deliver_subject), chunk, { timeout: 20_000 });
  const last = await js.request(String(answer.deliver_subject), undefined, { timeout: 20_000 });
  expect(last.json<{ error?: unknown }>().error).toBeUndefined();
}

describe("leaf nodes", () => {
  const leafOf = (port: string, name: string, more: string) => `
    server_name: ${name}
    ${monitored}
    leafnodes { remotes: [{ url: "nats://127.0.0.1:${port}" }] }
    ${more}`;
  const domain = (name: string) => jetstream.replace("{ ", `{ domain: ${name}, `);

  async function startHub(more: string) {
    const hub = await start(`
      server_name: hub
      ${monitored}
      leafnodes { listen: "127.0.0.1:-1", isolate_leafnode_interest: true, no_advertise: true }
      ${more}`);
    return { hub, port: /Listening for leafnode connections on \S+:(\d+)/.exec(hub.log())?.[1] ?? "" };
  }

  const connected = (hub: RunningServer, leafs: number) =>
    eventually("the leaf nodes are connected", async () => {
      const { leafnodes } = (await (await fetch(`${hub.monitoring}/leafz`)).json()) as { leafnodes: number };
      return leafnodes === leafs;
    });

  test("leaf-same-nats-name: the hub closes the connection of a leaf cluster with its own name", async () => {
    const [port] = await freePorts(1);
    const { hub, port: leafPort } = await startHub(`cluster { name: same, listen: "127.0.0.1:${port}" }`);
    await start(leafOf(leafPort, "leaf", 'cluster { name: same, listen: "127.0.0.1:-1" }'));
    await eventually("the hub says why", async () => hub.log().includes("remote leafnode has same cluster name"));
  });

  test("captured-on-hub-and-leaf: a message that both want is stored twice", async () => {
    const { hub, port } = await startHub(domain("hub"));
    const leaf = await start(leafOf(port, "leaf", domain("leaf")));
    await connected(hub, 1);
    const [atHub, atLeaf] = [await client(hub), await client(leaf)];
    expect(await createStream(atHub, { name: "HUB", subjects: ["orders.>"] })).toBe("created");
    expect(await createStream(atLeaf, { name: "LEAF", subjects: ["orders.new"] })).toBe("created");
    const stored = async (connection: NatsConnection, name: string) =>
      ((await api(connection, `STREAM.INFO.${name}`)) as unknown as { state: { messages: number } }).state.messages;
    await eventually("both streams have a message", async () => {
      await atLeaf.jetstream().publish("orders.new", undefined, { msgID: "1" });
      return (await stored(atHub, "HUB")) === 1 && (await stored(atLeaf, "LEAF")) === 1;
    });
  });

  test("leaf-same-domain: two leaf clusters of one domain both answer a request to it", async () => {
    const { hub, port } = await startHub(domain("hub"));
    await Promise.all(["one", "two"].map((name) => start(leafOf(port, name, domain("edge")))));
    await connected(hub, 2);
    const connection = await client(hub);
    await eventually("two answers to one request", async () => {
      const both = { strategy: RequestStrategy.Count, maxMessages: 2, maxWait: 3000 };
      let answers = 0;
      for await (const answer of await connection.requestMany("$JS.edge.API.INFO", undefined, both)) {
        expect(answer.json()).toMatchObject({ domain: "edge" });
        answers++;
      }
      return answers === 2;
    });
  });
});

test("lame-duck-cut-short: the grace period is a part of the duration", async () => {
  await lameDuck.ended;
  const lines = lameDuck.log().split("\n");
  const secondsOf = (line = "") => {
    const [, h, m, s] = /^\[\d+\] \S+ (\d\d):(\d\d):(\S+)/.exec(line) ?? [];
    return Number(h) * 3600 + Number(m) * 60 + Number(s);
  };
  const entered = secondsOf(lines.find((line) => line.includes("Entering lame duck mode")));
  const took = (secondsOf(lines.findLast((line) => line.startsWith("["))) - entered + 86400) % 86400;
  // 10 s of grace, then 20 s shared by the clients, of which the server waits half to all of each one's share. If the
  // grace came on top there would be 30 s to share, and it would take 29.
  expect(took).toBeGreaterThan(20);
  expect(took).toBeLessThan(26);
});
