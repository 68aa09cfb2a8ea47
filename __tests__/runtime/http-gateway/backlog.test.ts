import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { ALL_BURSTS_BYTES, Backlog, BURST_BYTES, BURST_MS, STEADY_BYTES } from "../../../runtime/http-gateway/backlog";
import { EventStreams } from "../../../runtime/http-gateway/event-streams";
import { type FeedEvent, Feeds, type Source } from "../../../runtime/http-gateway/feed";
import { eventually } from "../../support/eventually";

const reader = () => ({});

test("a burst may wait for its time, what is steady for ever, and more is never added to a full reader", () => {
  let now = 0;
  const backlog = new Backlog(() => now);
  const [one, steady] = [reader(), reader()];
  expect(backlog.note(one, BURST_BYTES)).toBe(true);
  expect(backlog.note(steady, STEADY_BYTES)).toBe(true);
  now = BURST_MS;
  expect(backlog.note(one, STEADY_BYTES + 1)).toBe(true);
  now++;
  expect(backlog.note(one, STEADY_BYTES + 1)).toBe(false);
  expect(backlog.note(steady, STEADY_BYTES)).toBe(true);
  expect(backlog.note(reader(), BURST_BYTES + 2, BURST_BYTES + 1)).toBe(false);
  // A single event that is larger than all that may wait.
  expect(backlog.note(reader(), 2 * ALL_BURSTS_BYTES, 0)).toBe(true);
});

test("who has caught up begins anew, and all bursts together are bounded", () => {
  let now = 0;
  const backlog = new Backlog(() => now);
  const one = reader();
  backlog.note(one, BURST_BYTES);
  now = BURST_MS;
  backlog.note(one, 0);
  expect(backlog.bytes).toBe(0);
  now *= 2;
  expect(backlog.note(one, BURST_BYTES)).toBe(true);
  const many = Array.from({ length: 20 }, reader);
  const held = many.filter((each) => {
    const mayGoOn = backlog.note(each, BURST_BYTES, 1);
    if (!mayGoOn) backlog.forget(each);
    return mayGoOn;
  });
  expect(held.length).toBe(16);
  expect(backlog.bytes).toBeLessThanOrEqual(ALL_BURSTS_BYTES);
  for (const each of backlog.readers()) backlog.forget(each);
  expect(backlog.bytes).toBe(0);
});

test("a burst of three megabytes in one turn reaches a reader who reads, and one who does not is closed in time", async () => {
  let now = Date.now();
  let publish: (event: FeedEvent) => void = () => undefined;
  const source: Source = {
    listen: async (_, heard) => {
      publish = heard;
      return () => undefined;
    },
    held: async () => ({ created: 1, first: 1, last: 0 }),
    next: async () => undefined,
  };
  let slow = 0;
  const events = new EventStreams({
    ...{ source, feeds: new Feeds(source), limit: 10, heartbeatMs: 15_000, now: () => now, random: () => 0.5 },
    slow: () => void slow++,
  });
  const server = createServer(
    (_, response) => void events.serve({ response, headers: {}, subject: "a", denied: [], expires: now + 1e9 }),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const open = () =>
    new Promise<IncomingMessage>((resolve) =>
      get({ port, host: "127.0.0.1", agent: false }, resolve).on("error", () => {}),
    );
  try {
    const [healthy, stuck] = await Promise.all([open(), open()]);
    let read = 0;
    healthy?.on("data", (chunk: Buffer) => {
      read += chunk.length;
    });
    stuck?.on("error", () => undefined);
    const data = Buffer.alloc(64 * 1024, "x");
    const burst = async () => {
      read = 0;
      for (let i = 0; i < 48; i++) publish({ subject: "a", data });
      await eventually("the burst is read", () => read >= 48 * data.length);
      events.beat();
    };
    await burst();
    expect([events.count, slow]).toEqual([2, 0]);
    // Systems hold some megabytes for a socket that nobody reads.
    while (events.waitingBytes < 1024 * 1024) await burst();
    expect([events.count, slow]).toEqual([2, 0]);
    now += BURST_MS + 1;
    events.beat();
    await eventually("the other one is closed", () => events.count === 1);
    expect([slow, events.waitingBytes]).toEqual([1, 0]);
    healthy?.destroy();
    await eventually("nothing is left", () => events.count === 0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
