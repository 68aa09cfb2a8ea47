import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import { buildTopology, clusterOf } from "../../model/topology";
import { readEvents } from "../../runtime/client-events";
import { PROBLEMS } from "../../runtime/http-gateway/problems";
import { httpGatewayEnvironment } from "../../templates/http-gateway-environment";
import { definedVariables } from "../../templates/program-environment";
import { eventually } from "../support/eventually";
import { gatewayEnvironment } from "../support/gateway-environment";
import { call, type HttpAnswer } from "../support/http-callers";
import { parsed } from "../support/lint-environment";
import { type NetworkFault, type NetworkProxy, startNetworkProxy } from "../support/network-proxy";
import { TestProject } from "../support/project";
import { soaking } from "../support/soak";
import { TestTwin } from "../support/twin-project";

/** A network that delays, resets and swallows, between callers and a gateway, and between the gateway and NATS. */

const project = new TestProject();
const twin = new TestTwin(project, "network");
const environment = gatewayEnvironment("network", {
  ask: { kind: "request", path: "/ask/{what}", subject: "ask.{what}", timeout: "2s" },
  order: { kind: "stream", path: "/orders", subject: "orders.{sub}.placed", stream: "ORDERS", timeout: "10s" },
});
const [port, adminPort] = [29_000, 29_001].map((from) => from + 2 * (process.pid % 1500)) as [number, number];

let gateway: ChildProcess;
/** Before each server, and before the gateway. */
let servers: NetworkProxy[] = [];
let front: NetworkProxy;
let alice: string;

beforeAll(async () => {
  await twin.up(environment);
  const topology = buildTopology(parsed(environment));
  const file = twin.connectFile();
  servers = await Promise.all(file.servers.map(({ client }) => startNetworkProxy(Number(new URL(client).port))));
  const { variables } = httpGatewayEnvironment<never>(topology, twin.trust(), {
    cluster: clusterOf(topology, "core"),
    servers: servers.map((proxy) => `tls://127.0.0.1:${proxy.port}`),
    authorities: { file: file.caFile },
    login: { file: join(twin.folder.keys, "user-service-http-gateway-core.key") },
    http: { host: "127.0.0.1", port, adminPort },
    proxies: 0,
    drainSeconds: 0,
  });
  gateway = spawn(process.execPath, [join(twin.folder.root, "programs", "http-gateway.cjs")], {
    stdio: ["ignore", "ignore", "inherit"],
    env: definedVariables(variables),
  });
  front = await startNetworkProxy(port);
  await eventually("it is ready", async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok);
  alice = await twin.token("alice");
  const service = await twin.client(twin.service()).connection();
  service.subscribe("ask.>", { callback: (error, message) => void (error ?? message.respond(message.data)) });
  await service.flush();
});
afterAll(async () => {
  gateway?.kill("SIGKILL");
  for (const proxy of [...servers, front]) proxy?.stop();
  await twin.close();
  await project.remove();
});

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1]);
};

/** The longest that a request may take: its route's time, a login at each server, and a little for a busy machine. */
const BOUND_MS = 45_000;
/** Callers whose own connection may be deaf give up: longer than any route's time. */
const CALLER_MS = 20_000;
const faults: readonly NetworkFault[] = ["slow", "reset", "deaf"];

/** Faults one after another for a while, each followed by a moment without one; then none. */
async function troubled(proxies: readonly NetworkProxy[], rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++)
    for (const fault of faults)
      for (const next of [fault, undefined]) {
        for (const proxy of proxies) proxy.fault = next;
        await new Promise((resolve) => setTimeout(resolve, 1500 + Math.random() * 1500));
      }
}

/** Seconds that each kind of answer took at most, and how many there were. */
class Answers {
  readonly seen = new Map<string, { count: number; longestMs: number }>();

  /** An answer, or what came in its place. */
  async of(what: string, asked: () => Promise<HttpAnswer>): Promise<HttpAnswer | undefined> {
    const begun = performance.now();
    const answer = await asked().catch(() => undefined);
    const ms = performance.now() - begun;
    const key = `${what} ${answer ? (answer.problem ?? answer.status) : "ended"}`;
    const { count = 0, longestMs = 0 } = this.seen.get(key) ?? {};
    this.seen.set(key, { count: count + 1, longestMs: Math.max(longestMs, ms) });
    if (answer) {
      // `internal` says that nobody thought of it.
      const isDocumented =
        answer.problem === undefined
          ? answer.status < 300
          : answer.problem in PROBLEMS && answer.problem !== "internal";
      expect([key, isDocumented]).toEqual([key, true]);
    }
    return answer;
  }

  get longestMs(): number {
    return Math.max(...[...this.seen.values()].map(({ longestMs }) => longestMs));
  }

  toString(): string {
    return [...this.seen]
      .map(([key, { count, longestMs }]) => `${key}: ${count}, ${Math.round(longestMs)} ms`)
      .join("; ");
  }
}

/** Orders, each repeated by its key until it is stored. @returns their ids */
async function ordering(
  url: string,
  name: string,
  answers: Answers,
  timeoutMs: number,
  isDone: () => boolean,
): Promise<string[]> {
  const acknowledged: string[] = [];
  const caller = async (worker: number) => {
    for (let n = 0; !isDone(); n++) {
      const id = `${name}-${worker}-${n}`;
      const headers = { "idempotency-key": `"${id}"` };
      for (let isStored = false; !isStored; ) {
        const answer = await answers.of("order", () =>
          call(`${url}/orders`, { token: alice, body: { id }, headers, timeoutMs }),
        );
        isStored = answer?.status === 201;
        if (!isStored) await new Promise((resolve) => setTimeout(resolve, 100));
      }
      acknowledged.push(id);
    }
  };
  await Promise.all([0, 1, 2].map(caller));
  return acknowledged;
}

async function calling(
  what: string,
  url: string,
  answers: Answers,
  timeoutMs: number,
  isDone: () => boolean,
): Promise<void> {
  while (!isDone()) {
    await answers.of(what, () => call(`${url}/${what}/a`, { token: alice, body: {}, timeoutMs }));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Ids of the orders in the stream, as often as they are there. */
const stored = (name: string): Promise<string[]> =>
  twin.read(async (client) => {
    const manager = await jetstreamManager(await client.connection(), { checkAPI: false });
    const { state } = await manager.streams.info("ORDERS");
    const found: string[] = [];
    for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
      const { id = "" } = (await manager.streams.getMessage("ORDERS", { seq }))?.json<{ id?: string }>() ?? {};
      if (id.startsWith(`${name}-`)) found.push(id);
    }
    return found;
  });

/** A reader of Alice's orders, by the library for pages. */
function reader(url: string) {
  const read: string[] = [];
  const marks: string[] = [];
  const end = new AbortController();
  const options = { token: () => alice, signal: end.signal, silenceMs: 20_000 };
  const done = (async () => {
    for await (const { event, data } of readEvents(`${url}/orders`, options))
      event === "message" ? read.push(JSON.parse(data).id) : marks.push(event);
  })();
  const stop = () => {
    end.abort();
    return done;
  };
  return { read, marks, stop };
}

let reading: ReturnType<typeof reader> | undefined;
afterEach(async () => {
  await reading?.stop();
  reading = undefined;
});

test.each([
  ["callers and the gateway", "callers"],
  ["the gateway and NATS", "nats"],
])(
  "between %s: all is answered in time by what is documented, orders are stored once, and readers miss none",
  async (_, at) => {
    const proxies = at === "nats" ? servers : [front];
    const url = `http://127.0.0.1:${at === "nats" ? port : front.port}`;
    const timeoutMs = at === "nats" ? BOUND_MS : CALLER_MS;
    const answers = new Answers();
    const events = reader(url);
    reading = events;
    // What is stored before is not for it.
    await eventually("the reader is there", async () => (await metric("http_gateway_event_readers")) === 1);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    // A reader that has no place yet begins anew where its connection ends.
    const first = `${at}-first`;
    const headers = { "idempotency-key": `"${first}"` };
    await eventually(
      "a first order is stored",
      async () => (await call(`${url}/orders`, { token: alice, body: { id: first }, headers })).status === 201,
    );
    await eventually("the reader has a place", () => events.read.includes(first));
    let isDone = false;
    const over = () => isDone;
    const work = Promise.all([
      ordering(url, at, answers, timeoutMs, over),
      calling("ask", url, answers, timeoutMs, over),
      calling("tell", url, answers, timeoutMs, over),
    ]);
    await troubled(proxies, soaking ? 20 : 2);
    isDone = true;
    const [acknowledged] = await work;
    console.info(`${at}: ${acknowledged.length} orders; ${answers}`);
    for (const fault of faults)
      expect([fault, proxies.reduce((sum, { met }) => sum + met[fault], 0) > 0]).toEqual([fault, true]);
    expect(acknowledged.length).toBeGreaterThan(10);
    expect(answers.longestMs).toBeLessThan(BOUND_MS);
    // A caller is answered by the gateway, whatever happens behind it.
    if (at === "nats") expect([...answers.seen.keys()].filter((key) => key.endsWith("ended"))).toEqual([]);

    const once = await stored(at);
    expect([...once].sort()).toEqual([first, ...acknowledged].sort());
    await eventually(
      "the reader has them all",
      () => events.read.filter((id) => id.startsWith(at)).length >= once.length,
    );
    expect(events.read.filter((id) => id.startsWith(at))).toEqual(once);
    expect(events.marks).toEqual([]);
    await events.stop();
    for (const proxy of proxies) proxy.cut();
    await eventually("no reader is left", async () => (await metric("http_gateway_event_readers")) === 0, 90);
  },
);

test.each(["tell", "hear"])(
  "%s over a connection to NATS that has gone deaf is answered within seconds",
  async (kind) => {
    const url = `http://127.0.0.1:${port}`;
    const ask = () =>
      kind === "tell"
        ? call(`${url}/tell/a`, { token: alice, body: {} })
        : call(`${url}/tell`, { method: "GET", token: alice, headers: { connection: "close" } });
    expect((await call(`${url}/tell/a`, { token: alice, body: {} })).status).toBe(202);
    for (const proxy of servers) proxy.fault = "deaf";
    for (const proxy of servers) proxy.fault = undefined;
    const begun = performance.now();
    const answer = await ask();
    expect([answer.status, answer.problem]).toEqual([502, "connection-lost"]);
    expect(performance.now() - begun).toBeLessThan(15_000);
    // The next one is not sent over it.
    expect((await call(`${url}/tell/a`, { token: alice, body: {} })).status).toBe(202);
  },
);
