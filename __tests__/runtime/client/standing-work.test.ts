import { HandlerError } from "../../../runtime/client";
import { MemoryTransport } from "../../support/memory-transport";

const next = "$JS.API.CONSUMER.MSG.NEXT.ORDERS.billing";
const delivered = (sequence: number) => ({
  subject: "orders.placed",
  reply: `$JS.ACK.ORDERS.billing.1.${sequence}.1.1.0`,
});
/** Lets everything go on that waits for nothing outside. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  jest.useRealTimers();
});

describe("draining", () => {
  test("takes nothing new, waits for handlers, sends their answers, and closes", async () => {
    const memory = new MemoryTransport();
    const client = memory.client();
    let answer: (text: string) => void = () => undefined;
    await client.serve("slow", { handler: () => new Promise<string>((resolve) => (answer = resolve)) });
    memory.deliver("slow", { reply: "_INBOX.caller" });
    await settled();
    memory.done.length = 0;
    const drained = client.drain();
    await settled();
    expect(memory.subscriptions.has("slow")).toBe(false);
    expect(memory.done).toContain("drain slow");
    expect(memory.done).not.toContain("close");
    expect(client.health().problems).toContain("the client is draining");
    answer("done");
    await drained;
    expect(memory.done.slice(-3)).toEqual(["publish _INBOX.caller", "flush", "close"]);
    await expect(client.publish("late")).rejects.toMatchObject({ code: "not-connected" });
  });

  test("ends in time when a handler never does, tells it to stop, and says how many it left", async () => {
    const memory = new MemoryTransport();
    const client = memory.client();
    let signal: AbortSignal | undefined;
    await client.serve("slow", {
      handler: (_, context) => {
        signal = context.signal;
        return new Promise(() => undefined);
      },
    });
    memory.deliver("slow", { reply: "_INBOX.caller" });
    await settled();
    memory.isMute = true;
    jest.useFakeTimers();
    const drained = client.drain(1000);
    await jest.advanceTimersByTimeAsync(999);
    expect(signal?.aborted).toBe(false);
    await jest.advanceTimersByTimeAsync(5000);
    await drained;
    expect(signal?.aborted).toBe(true);
    expect(memory.done.at(-1)).toBe("close");
    expect(memory.logged.find((line) => line.includes("handlers have ended"))).toContain('"handlers":1');
  });

  test("does not wait for a server that is away", async () => {
    const memory = new MemoryTransport();
    const client = memory.client();
    await client.serve("quick", { handler: () => "" });
    memory.tell({ kind: "disconnected" });
    await client.drain();
    expect(memory.done).not.toContain("drain quick");
    expect(memory.done.at(-1)).toBe("close");
  });
});

describe("consuming", () => {
  async function consuming(handler: () => unknown, more: object = {}) {
    const memory = new MemoryTransport();
    const client = memory.client();
    const stop = await client.consume({ stream: "ORDERS", consumer: "billing", handler, ...more });
    const pulls = () => memory.published.filter(({ subject }) => subject === next);
    const answers = () =>
      memory.published.filter(({ subject }) => subject.startsWith("$JS.ACK")).map(({ text }) => text);
    const inbox = () => pulls().at(-1)?.reply ?? "";
    return { memory, client, stop, pulls, answers, inbox };
  }

  test("asks for no more than may be handled at once, with heartbeats, and for more when half is done", async () => {
    const waiting: (() => void)[] = [];
    const { memory, pulls, inbox } = await consuming(() => new Promise<void>((done) => waiting.push(done)), {
      concurrency: 4,
    });
    const asked = () => pulls().map(({ text }) => JSON.parse(text).batch);
    expect(JSON.parse(pulls()[0]?.text ?? "")).toMatchObject({ batch: 4, idle_heartbeat: 5_000_000_000 });
    for (const sequence of [1, 2, 3, 4]) memory.deliver(inbox(), delivered(sequence));
    await settled();
    expect(asked()).toEqual([4]);
    waiting.shift()?.();
    await settled();
    expect(asked()).toEqual([4, 1]);
  });

  test("acknowledges what was handled, has what failed come again later, and what is hopeless never", async () => {
    const outcomes: (() => unknown)[] = [
      () => undefined,
      () => Promise.reject(new Error("database is away")),
      () => {
        throw new HandlerError(422);
      },
    ];
    const { memory, answers, inbox } = await consuming(() => outcomes.shift()?.());
    for (const sequence of [1, 2, 3]) memory.deliver(inbox(), delivered(sequence));
    await settled();
    expect(answers().sort()).toEqual(["+ACK", "+TERM", '-NAK {"delay":2000000000}']);
  });

  test("goes on after a reconnect, and after the server ended a pull", async () => {
    const { memory, pulls, inbox } = await consuming(() => undefined);
    memory.tell({ kind: "disconnected" });
    memory.tell({ kind: "reconnected" });
    expect(pulls()).toHaveLength(2);
    memory.deliver(inbox(), { code: 408, description: "Request Timeout" });
    memory.deliver(inbox(), { code: 409, description: "Server Shutdown" });
    expect(pulls()).toHaveLength(4);
  });

  test("says what keeps it from going on: no heartbeat, no consumer, no right", async () => {
    jest.useFakeTimers();
    const { memory, client, pulls, inbox } = await consuming(() => undefined);
    const problems = () => client.health().problems;
    await jest.advanceTimersByTimeAsync(9000);
    memory.deliver(inbox(), { code: 100, description: "Idle Heartbeat" });
    await jest.advanceTimersByTimeAsync(9000);
    expect(problems()).toEqual([]);
    await jest.advanceTimersByTimeAsync(6000);
    expect(problems()).toEqual(["consumer ORDERS/billing is stalled: no message and no heartbeat came"]);
    expect(pulls()).toHaveLength(2);
    memory.deliver(inbox(), { code: 100, description: "Idle Heartbeat" });
    expect(problems()).toEqual([]);
    memory.deliver(inbox(), { code: 503 });
    expect(problems()).toEqual([expect.stringContaining("the consumer does not exist")]);
    // Not at once: nobody is helped by a storm of requests.
    expect(pulls()).toHaveLength(2);
    await jest.advanceTimersByTimeAsync(1000);
    expect(pulls()).toHaveLength(3);
    memory.deliver(inbox(), { code: 100 });
    memory.tell({ kind: "denied", operation: "publish", subject: next });
    expect(problems()).toEqual([expect.stringContaining(`this user may not publish to ${next}`)]);
    expect(client.health().ready).toBe(false);
  });

  test("takes nothing after it was stopped", async () => {
    let handled = 0;
    const { memory, stop, pulls, inbox } = await consuming(() => handled++);
    const take = memory.subscriptions.get(inbox())?.take;
    stop();
    expect(memory.subscriptions.has(inbox())).toBe(false);
    take?.(undefined, delivered(1) as never);
    memory.tell({ kind: "reconnected" });
    await settled();
    expect([handled, pulls().length]).toEqual([0, 1]);
  });
});

describe("serving", () => {
  test("shares requests with the others of its service, and the protocol of micro services answers of it", async () => {
    const memory = new MemoryTransport();
    const client = memory.client({ version: "1.2.3" });
    await client.serve("user.get", { handler: () => "" });
    expect(memory.subscriptions.get("user.get")?.queue).toBe("q");
    expect(memory.subscriptions.get("$SRV.INFO")?.queue).toBeUndefined();
    memory.deliver("$SRV.INFO", { reply: "_INBOX.tool" });
    expect(JSON.parse(memory.published.at(-1)?.text ?? "")).toMatchObject({
      ...{ name: "shop", version: "1.2.3" },
      endpoints: [{ subject: "user.get", queue_group: "q" }],
    });
    const before = memory.published.length;
    memory.deliver("$SRV.INFO");
    expect(memory.published).toHaveLength(before);
  });

  test("an endpoint that is refused is a problem that names it, an invisible service a warning, and both are tried again", async () => {
    const memory = new MemoryTransport();
    memory.refused = ["user.get", "$SRV.STATS"];
    const client = memory.client();
    await client.serve("user.get", { handler: () => "" });
    await client.serve("user.list", { handler: () => "" });
    await settled();
    expect(client.health()).toMatchObject({
      problems: [expect.stringContaining("endpoint user.get is refused")],
      warnings: [expect.stringContaining("$SRV.STATS is refused, so that nats micro does not see")],
    });
    expect(memory.subscriptions.has("user.list")).toBe(true);
    memory.refused = [];
    memory.tell({ kind: "reconnected" });
    await settled();
    expect(client.health()).toMatchObject({ problems: [], warnings: [] });
  });

  test.each([
    ["a queue group with a wildcard", { queue: "*" }],
    ["a name with a dot", { name: "a.b" }],
    ["nobody who handles", { concurrency: 0 }],
    ["less than nobody who waits", { waiting: -1 }],
  ])("%s is refused", async (_, options) => {
    const serving = new MemoryTransport().client().serve("a", { handler: () => "", ...options });
    await expect(serving).rejects.toMatchObject({ code: "invalid" });
  });
});
