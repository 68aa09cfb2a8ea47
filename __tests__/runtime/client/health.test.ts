import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buildHealth, type ClientHealth, healthHandler } from "../../../runtime/client/health";

const state = { connected: true, idle: false, closed: false, refusals: 0, reconnects: 2 };
const servers = ["tls://a:4222", "tls://b:4222"];

test.each<[string, Partial<typeof state> & { lastError?: string }, readonly string[]]>([
  ["connected", {}, []],
  ["never used", { connected: false, idle: true }, []],
  ["away", { connected: false, lastError: "connection refused" }, ["not connected to NATS: connection refused"]],
  [
    "refused",
    { connected: false, refusals: 3, lastError: "Authorization Violation" },
    ["refused by NATS: Authorization Violation"],
  ],
  ["closed", { connected: false, closed: true }, ["the client is closed"]],
])("a client that is %s", (_, now, problems) => {
  expect(buildHealth({ ...state, ...now }, servers, [], [])).toMatchObject({ ready: problems.length === 0, problems });
});

test("a refused endpoint is a problem beside the connection's; a warning leaves it ready", () => {
  const refused = buildHealth(state, servers, ["user.get is refused"], []);
  expect(refused).toMatchObject({ ready: false, problems: ["user.get is refused"] });
  expect(buildHealth(state, servers, [], ["the breaker of a is open"])).toMatchObject({ ready: true });
});

test("the handler answers 200 or 503 with everything, never kept by a cache", async () => {
  let health = buildHealth(state, servers, [], []);
  const server = createServer(healthHandler({ health: () => health })).listen(0, "127.0.0.1");
  await once(server, "listening");
  const ask = async () => {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/health`);
    const { status, headers } = answer;
    return { status, cache: headers.get("cache-control"), body: (await answer.json()) as ClientHealth };
  };
  try {
    const nats = { connected: true, url: "tls://a:4222,tls://b:4222", refusals: 0, reconnects: 2 };
    const body = { ready: true, problems: [], warnings: [], nats };
    expect(await ask()).toEqual({ status: 200, cache: "no-store", body });
    health = buildHealth({ ...state, closed: true, connected: false }, servers, [], []);
    expect(await ask()).toMatchObject({ status: 503, body: { ready: false, problems: ["the client is closed"] } });
  } finally {
    server.close();
  }
});
