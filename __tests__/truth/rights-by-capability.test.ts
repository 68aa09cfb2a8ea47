import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import { connect, type NatsConnection, nkeyAuthenticator } from "@nats-io/transport-node";
import { toolPath } from "../../cli/core/toolbox/find";
import type { EnvironmentInput } from "../../model/config";
import { parseEnvironment } from "../../model/config";
import { defaultRelease, testedReleases } from "../../model/config/server-releases";
import { type Right, rightsOf } from "../../model/topology";
import { serviceInboxPrefix } from "../../runtime/client";
import { STREAMS_INBOX } from "../../runtime/streams/contract";
import { AttackedServer } from "../support/attacks/attacked-server";
import { onOneServer } from "../support/attacks/one-server";
import { eventually } from "../support/eventually";

/*
 * What a service says that it does gives it exactly the rights that official clients need for it: each capability works
 * under its own rights, through a restart of the server, and with one of them less it does not.
 */

type Service = NonNullable<EnvironmentInput["identity"]["services"]>[string];
/** Does the thing once more; rejects when it does not work. */
type Step = () => Promise<void>;
interface Capability {
  service: Service;
  open(connection: NatsConnection): Promise<Step>;
}

const fifteenMiB = 15 * 2 ** 20;
const account = "APP";
let number = 0;

async function readBucket(connection: NatsConnection): Promise<Step> {
  const bucket = await new Kvm(connection).open("PREFS");
  const direct = await new Kvm(connection).open("PREFS", { allow_direct: true });
  // Each reader has its own: what others put is not what it waits for.
  const key = `watched-${++number}`;
  const watch = (await bucket.watch({ key }))[Symbol.asyncIterator]();
  return async () => {
    const value = `${++number}`;
    const revision = await admin(async (client) => (await new Kvm(client).open("PREFS")).put(key, value));
    for (let seen = ""; seen !== value; ) seen = (await watch.next()).value.string();
    const found = await Promise.all([bucket.get(key), direct.get(key), direct.get(key, { revision })]);
    expect(found.map((entry) => entry?.string())).toEqual([value, value, value]);
    expect((await bucket.status()).bucket).toBe("PREFS");
  };
}

async function readObjects(connection: NatsConnection): Promise<Step> {
  const store = await new Objm(connection).open("FILES");
  return async () => expect((await store.getBlob("large"))?.length).toBe(fifteenMiB);
}

const capabilities: Record<string, Capability> = {
  consumes: {
    service: { account, uses: { consumers: ["ORDERS/work"] } },
    async open(connection) {
      const consumer = await jetstream(connection).consumers.get("ORDERS", "work");
      const consumed = await consumer.consume({ max_messages: 5, expires: 5000 });
      // It does not end with its connection.
      void connection.closed().then(() => consumed.stop());
      const messages = consumed[Symbol.asyncIterator]();
      return async () => {
        await admin((client) => jetstream(client).publish("orders.1", `${++number}`));
        const { value } = await messages.next();
        if (!(await value.ackAck({ timeout: 3000 }))) throw new Error("not acknowledged");
      };
    },
  },
  reads: {
    service: { account, uses: { streams: ["ORDERS"] } },
    async open(connection) {
      const direct = (await jetstreamManager(connection, { checkAPI: false })).direct;
      return async () => {
        const { seq } = await admin((client) => jetstream(client).publish("orders.read", "1"));
        const [bySequence, last] = await Promise.all([
          direct.getMessage("ORDERS", { seq }),
          direct.getMessage("ORDERS", { last_by_subj: "orders.read" }),
        ]);
        expect([bySequence?.seq, last?.subject]).toEqual([seq, "orders.read"]);
      };
    },
  },
  "reads a bucket": { service: { account, uses: { buckets: { PREFS: "read" } } }, open: readBucket },
  "writes a bucket": {
    service: { account, uses: { buckets: { PREFS: "write" } } },
    async open(connection) {
      const read = await readBucket(connection);
      const bucket = await new Kvm(connection).open("PREFS");
      return async () => {
        await read();
        await bucket.put("written", "1");
        await bucket.delete("written");
      };
    },
  },
  "reads an object store": { service: { account, uses: { objects: { FILES: "read" } } }, open: readObjects },
  "writes an object store": {
    service: { account, uses: { objects: { FILES: "write" } } },
    async open(connection) {
      const read = await readObjects(connection);
      const store = await new Objm(connection).open("FILES");
      const blob = new Uint8Array(300_000).fill(7);
      return async () => {
        await read();
        for (const _ of ["put", "replaced"]) await store.putBlob({ name: "small" }, blob);
        await store.delete("small");
      };
    },
  },
  publishes: {
    service: { account, publishes: ["orders.published"] },
    async open(connection) {
      return async () => void (await jetstream(connection).publish("orders.published", "1", { retries: 0 }));
    },
  },
  asks: {
    service: { account, asks: ["user.get"] },
    async open(connection) {
      return async () => expect((await connection.request("user.get", "", { timeout: 3000 })).string()).toBe("found");
    },
  },
};
const serving: Service = { account, serves: ["user.get"] };

/** Rights that nats.js 3 does without on a server without feature flags, with who needs them. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^\$JS\.API\.INFO$/, "Go's older interface and the command line ask whether there is JetStream"],
  [/STREAM\.INFO\.ORDERS$/, "Python and Go read what the stream is, before they bind and read"],
  [/STREAM\.MSG\.GET\.ORDERS$/, "clients that do not read directly"],
  [/DIRECT\.GET\.OBJ_/, "Go reads what an object is directly"],
  [/CONSUMER\.CREATE\.\w+$/, "Python leaves the name to the server"],
  [/CONSUMER\.(INFO|DELETE)\.(KV|OBJ)_/, "tidying; the server does it after a while"],
  [/^\$JS\.(ACK|FC)\.\*\.\*\./, "servers with js_ack_fc_v2"],
  [/^\$JS\.FC\.KV_/, "a bucket with more keys than one window"],
];
const isForOthers = ({ subject }: Right) => others.some(([pattern]) => pattern.test(subject));

const named = Object.entries(capabilities).map(([title, capability], i) => ({ title, capability, name: `full-${i}` }));
const base = onOneServer({
  name: "attacked",
  identity: {
    mode: "callout",
    oidc: { issuer: "https://id.example.com/", audience: "nats" },
    permissions: [{ account, publish: { allow: ["user.{sub}.>"] } }],
    services: {
      ...Object.fromEntries(named.map(({ name, capability }) => [name, capability.service])),
      serving,
      finder: { account, asks: ["$SRV.>"] },
    },
  },
  clusters: {},
  streams: [
    {
      name: "ORDERS",
      cluster: "core",
      subjects: ["orders.>"],
      consumers: [{ name: "work", filterSubjects: ["orders.1"] }],
    },
    { name: "KV_PREFS", cluster: "core", subjects: ["$KV.PREFS.>"] },
    { name: "OBJ_FILES", cluster: "core", subjects: ["$O.FILES.C.>", "$O.FILES.M.>"] },
  ],
});
const { environment: parsed } = parseEnvironment(base);
if (!parsed) throw new Error("the environment is wrong");
const rights = (name: string): Right[] => {
  const service = parsed.identity.services[name];
  if (!service) throw new Error(name);
  return rightsOf(name, service, parsed);
};
/** Services that have all rights of another one but one. */
const lacking = named.flatMap(({ title, capability, name }, i) =>
  rights(name).flatMap((right, k) => {
    // Whoever writes reads too, and lacks there what it lacks here.
    const isOfReading =
      title.startsWith("writes") && rights(`full-${i - 1}`).some((one) => one.subject === right.subject);
    if (isForOthers(right) || isOfReading) return [];
    const rest = rights(name).filter(({ subject }) => subject !== right.subject);
    const lists = (direction: Right["direction"]) => ({
      allow: rest.filter((one) => one.direction === direction).map(({ subject }) => subject),
    });
    const service: Service = { account, publish: lists("publish"), subscribe: lists("subscribe") };
    return [{ title, capability, right, name: `less-${i}-${k}`, service }];
  }),
);
const environment: EnvironmentInput = {
  ...base,
  identity: {
    ...base.identity,
    services: { ...base.identity.services, ...Object.fromEntries(lacking.map(({ name, service }) => [name, service])) },
  },
};

let server: AttackedServer;
const login = async (user: string, prefix?: string) => {
  const seed = new TextEncoder().encode(await server.seed(`user-${user}`));
  const publicKey = server.single.trust.users[user] ?? "";
  return connect({
    servers: `tls://127.0.0.1:${server.port("client")}`,
    tls: { caFile: server.caFile },
    authenticator: nkeyAuthenticator(seed),
    inboxPrefix: prefix ?? serviceInboxPrefix(publicKey),
    ignoreAuthErrorAbort: true,
    maxReconnectAttempts: -1,
    // A dial that meets a server which is not ready waits for this long, and the next one only then.
    timeout: 15_000,
  });
};
let administrator: NatsConnection;
const admin = <T>(work: (client: NatsConnection) => Promise<T>): Promise<T> => work(administrator);
const within = <T>(ms: number, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Answers `user.get`, and is found, as the protocol of micro services has it. */
async function serve(connection: NatsConnection): Promise<void> {
  connection.subscribe("user.get", { queue: "q", callback: (_, message) => void message?.respond("found") });
  const about = { name: "serving", id: "ABC", version: "1.0.0", metadata: {} };
  const endpoint = { name: "get", subject: "user.get", queue_group: "q" };
  const counts = { num_requests: 0, num_errors: 0, last_error: "", processing_time: 0, average_processing_time: 0 };
  const bodies = {
    PING: {},
    INFO: { description: "", endpoints: [endpoint] },
    STATS: { started: new Date(0).toISOString(), endpoints: [{ ...endpoint, ...counts }] },
  };
  for (const [kind, body] of Object.entries(bodies))
    for (const subject of [`$SRV.${kind}`, `$SRV.${kind}.serving`, `$SRV.${kind}.serving.ABC`])
      connection.subscribe(subject, {
        callback: (_, message) =>
          void message?.respond(
            JSON.stringify({ type: `io.nats.micro.v1.${kind.toLowerCase()}_response`, ...about, ...body }),
          ),
      });
  await connection.flush();
}

describe.each([...testedReleases.map((release) => [release, false] as const), [defaultRelease, true] as const])(
  "on nats-server %s with js_ack_fc_v2 %s",
  (release, v2) => {
    const open: NatsConnection[] = [];
    const steps = new Map<string, Step>();

    beforeAll(async () => {
      server = new AttackedServer();
      await server.start(environment, release, (conf) => ({ ...conf, feature_flags: { js_ack_fc_v2: v2 } }));
      await server.startCallout();
      administrator = await login("streams-APP", STREAMS_INBOX);
      const api = (await jetstreamManager(administrator)).streams;
      const kv = { max_msgs_per_subject: 5, allow_direct: true, allow_rollup_hdrs: true };
      await api.add({ name: "ORDERS", subjects: ["orders.>"], allow_direct: true });
      await api.add({ name: "KV_PREFS", subjects: ["$KV.PREFS.>"], ...kv });
      await api.add({
        name: "OBJ_FILES",
        subjects: ["$O.FILES.C.>", "$O.FILES.M.>"],
        allow_direct: true,
        allow_rollup_hdrs: true,
      });
      const manager = await jetstreamManager(administrator);
      await manager.consumers.add("ORDERS", {
        durable_name: "work",
        ack_policy: "explicit" as never,
        filter_subjects: ["orders.1"],
      });
      const files = await new Objm(administrator).open("FILES");
      await files.putBlob({ name: "large" }, new Uint8Array(fifteenMiB));
      const service = await login("service-serving");
      await serve(service);
      open.push(service, administrator);
    });
    afterAll(async () => {
      await Promise.all(open.map((connection) => connection.close()));
      await server.remove();
    });

    test.each(named)("$title works under its own rights", async ({ title, capability, name }) => {
      const connection = await login(`service-${name}`);
      open.push(connection);
      const step = await within(60_000, capability.open(connection));
      await within(60_000, step());
      steps.set(title, step);
    });

    test("who looks for services finds the one that serves, and what it says of itself", async () => {
      const nats = toolPath("nats-cli");
      if (!nats) return console.warn("skipped: the nats command line is not on this machine");
      const seed = join(server.single.folder.root, "finder.nk");
      writeFileSync(seed, await server.seed("user-service-finder"), { mode: 0o600 });
      const prefix = serviceInboxPrefix(server.single.trust.users["service-finder"] ?? "");
      const ask = async (...args: string[]) => {
        const url = `tls://127.0.0.1:${server.port("client")}`;
        const common = [
          "--server",
          url,
          "--tlsca",
          server.caFile,
          "--nkey",
          seed,
          "--inbox-prefix",
          prefix,
          "--no-context",
        ];
        return (
          await promisify(execFile)(nats, [...common, "micro", ...args], { env: { ...process.env, NO_COLOR: "1" } })
        ).stdout;
      };
      expect(await ask("ls")).toMatch(/serving.*1\.0\.0/);
      expect(await ask("info", "serving", "ABC")).toContain("user.get");
      expect(await ask("stats", "serving")).toMatch(/ABC/);
    });

    test("all of it goes on after a restart of the server", async () => {
      await server.restart();
      expect([...steps.keys()]).toEqual(Object.keys(capabilities));
      const failed = await Promise.all(
        [...steps].map(async ([title, step]) => {
          try {
            await within(
              200_000,
              eventually(title, () => step().then(() => true), 180),
            );
            return [];
          } catch (error) {
            return [`${title}: ${error}`];
          }
        }),
      );
      expect(failed.flat()).toEqual([]);
    });

    // What the flag changes is excused: once is enough.
    if (v2 || release !== defaultRelease) return;
    test.each(lacking.map((one) => [one.title, one.right.subject, one] as const))(
      "%s does not work without %s",
      async (_title, _subject, { capability, name }) => {
        const connection = await login(`service-${name}`);
        try {
          const works = (async () => (await capability.open(connection))())();
          await expect(within(15_000, works)).rejects.toThrow();
        } finally {
          void connection.close();
        }
      },
    );
  },
);
