import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { buildTopology, clusterOf } from "../../model/topology";
import { httpGatewayEnvironment } from "../../templates/http-gateway-environment";
import { definedVariables } from "../../templates/program-environment";
import { eventually } from "../support/eventually";
import { call } from "../support/http-callers";
import { parsed } from "../support/lint-environment";
import { TestProject } from "../support/project";
import { core, oneServer } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

/** Tickets for event streams in two processes of one gateway, as a balancer would spread over them. */

const project = new TestProject();
const twin = new TestTwin(project, "tickets");
const environment = oneServer("tickets");
environment.clusters.core = {
  ...core,
  size: 1,
  jetstream: undefined,
  httpGateway: { routes: { news: { kind: "events", path: "/news", subject: "news.eu" } } },
};
const [port, adminPort] = [21_000, 21_001].map((from) => from + 2 * (process.pid % 4000)) as [number, number];

let second: ChildProcess;
let urls: string[];
let alice: string;

beforeAll(async () => {
  await twin.up(environment);
  const topology = buildTopology(parsed(environment));
  const { servers, caFile, httpGateways } = twin.connectFile();
  const { variables } = httpGatewayEnvironment<never>(topology, twin.trust(), {
    cluster: clusterOf(topology, "core"),
    servers: servers.map(({ client }) => client),
    authorities: { file: caFile },
    login: { file: join(twin.folder.keys, "user-service-http-gateway-core.key") },
    http: { host: "127.0.0.1", port, adminPort },
    proxies: 0,
    drainSeconds: 0,
  });
  second = spawn(process.execPath, [join(twin.folder.root, "programs", "http-gateway.cjs")], {
    stdio: "inherit",
    env: definedVariables(variables),
  });
  urls = [httpGateways[0]?.url ?? "", `http://127.0.0.1:${port}`];
  await eventually("the second is ready", async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok);
  alice = await twin.token("alice");
});
afterAll(async () => {
  second?.kill("SIGKILL");
  await twin.close();
  await project.remove();
});

async function ticketOf(url = ""): Promise<string> {
  const answer = await call(`${url}/event-tickets`, { token: alice, body: { path: "/news" } });
  expect(answer.status).toBe(201);
  return (JSON.parse(answer.body) as { ticket: string }).ticket;
}
/** Status of the head; the stream is let go. */
async function opened(url = "", ticket = ""): Promise<number> {
  const end = new AbortController();
  const { status } = await fetch(`${url}/news?ticket=${ticket}`, { signal: end.signal });
  end.abort();
  return status;
}

test("a ticket opens a stream at whichever process, and afterwards at none", async () => {
  for (const from of [0, 1])
    for (const first of [0, 1]) {
      const ticket = await ticketOf(urls[from]);
      expect(await opened(urls[first], ticket)).toBe(200);
      expect([await opened(urls[0], ticket), await opened(urls[1], ticket)]).toEqual([401, 401]);
    }
});

test("of twenty that bring one at once, to both, one gets a stream", async () => {
  const ticket = await ticketOf(urls[1]);
  const statuses = await Promise.all(Array.from({ length: 20 }, (_, i) => opened(urls[i % 2], ticket)));
  expect(statuses.sort()).toEqual([200, ...Array.from({ length: 19 }, () => 401)]);
});

test("the callers themselves may neither hear nor ask what processes ask each other", async () => {
  const nkey = twin.trust().users["service-http-gateway-core"];
  await twin.with({ kind: "token", token: alice }, async (client) => {
    const asked = client.request(`_INBOX._${nkey}.tickets.any`, "", { timeoutMs: 3000 });
    await expect(asked).rejects.toThrow(/permission/i);
    const connection = await client.connection();
    const refused = new Promise((resolve) => {
      connection.subscribe(`_INBOX._${nkey}.tickets.>`, { callback: (error) => resolve(error?.message) });
    });
    expect(await refused).toMatch(/permission/i);
  });
});

test("those of a process that was killed open nothing", async () => {
  const ticket = await ticketOf(urls[1]);
  second.kill("SIGKILL");
  await eventually("its end", () => second.signalCode !== null);
  expect(await opened(urls[0], ticket)).toBe(401);
  expect(await opened(urls[0], await ticketOf(urls[0]))).toBe(200);
});
