import { randomBytes } from "node:crypto";
import { KnownServers } from "../../../runtime/auth-callout/known-servers";
import { formatPublicKey } from "../../../runtime/nkeys/nkey";

const COOLDOWN = 250;
const PATIENCE = 5000;
const [core0, core1, stranger] = Array.from({ length: 3 }, () => formatPublicKey("N", randomBytes(32))) as [
  string,
  string,
  string,
];
const introduction = (id: unknown) => JSON.stringify({ server: { id, name: "core" }, data: {} });

/** Servers that count how often they are asked. */
function setUp() {
  const asked = { times: 0, names: [] as string[] };
  const servers = new KnownServers({
    serverRequests: {
      send(name) {
        if (name === undefined) asked.times++;
        else asked.names.push(name);
      },
    },
    now: () => Date.now(),
  });
  return { asked, servers };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("a server that has introduced itself is known at once", () => {
  const { asked, servers } = setUp();
  servers.learn(introduction(core0));
  servers.learn(introduction(core1));
  expect([servers.has(core0, "core-0"), servers.has(core1, "core-1"), servers.count]).toEqual([true, true, 2]);
  expect(asked.times).toBe(0);
});

test("what is no introduction of a server is ignored", () => {
  const { servers } = setUp();
  for (const answer of ["", "{", "null", "{}", introduction(1), introduction("N"), introduction(`A${core0.slice(1)}`)])
    servers.learn(answer);
  expect(servers.count).toBe(0);
});

test("a request of a new server waits until that server has been heard of", async () => {
  const { asked, servers } = setUp();
  const waiting = [servers.has(core0, "core-0"), servers.has(core0, "core-0")];
  expect(asked).toEqual({ times: 1, names: ["core-0"] });
  servers.learn(introduction(core1));
  servers.learn(introduction(core0));
  expect(await Promise.all(waiting)).toEqual([true, true]);
});

test("a server that did not hear the first question is asked again", async () => {
  const { asked, servers } = setUp();
  const waiting = servers.has(core0, "core-0");
  jest.advanceTimersByTime(2 * COOLDOWN);
  expect(asked.times).toBe(3);
  servers.learn(introduction(core0));
  expect(await waiting).toBe(true);
  jest.advanceTimersByTime(10 * COOLDOWN);
  expect(asked.times).toBe(3);
});

test("10,000 strangers are told no in time, and cause four questions a second", async () => {
  const { asked, servers } = setUp();
  const answers = Array.from({ length: 10_000 }, (_, i) => servers.has(`${stranger}${i}`, `stranger-${i}`));
  jest.advanceTimersByTime(PATIENCE);
  expect(new Set(await Promise.all(answers))).toEqual(new Set([false]));
  expect(asked.times).toBeLessThanOrEqual(1 + PATIENCE / COOLDOWN);
  // By name, a bounded number of them each time.
  expect(asked.names.length).toBeLessThanOrEqual(64 * asked.times);
});

test("a server that answers no more is forgotten after ten minutes, others never", () => {
  const { servers } = setUp();
  servers.learn(introduction(core0));
  servers.start();
  for (let minute = 0; minute < 11; minute++) {
    servers.learn(introduction(core1));
    jest.advanceTimersByTime(60_000);
  }
  expect(servers.has(core1, "core-1")).toBe(true);
  expect(servers.count).toBe(1);
  servers.stop();
});
