import { once } from "node:events";
import { eventsModule } from "../../artifacts/client-package/build";
import type { StreamEvent } from "../../runtime/client-events";
import { Browser, findChromium, type Tab } from "../support/browser-chromium";
import { eventually } from "../support/eventually";
import { call } from "../support/http-callers";
import { TestProject } from "../support/project";
import { core, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

/** The reader of event streams in a page of a real browser, which reads from a twin's HTTP gateway through its whole life. */

const origin = "https://app.example.com";
const project = new TestProject();
const twin = new TestTwin(project, "pages");
const environment = threeServers("pages");
environment.identity = {
  ...(environment.identity as Extract<typeof environment.identity, { mode: "callout" }>),
  permissions: [{ account: "APP", publish: { allow: ["orders.{sub}.>"] }, subscribe: { allow: ["orders.{sub}.>"] } }],
};
environment.clusters.core = {
  ...core,
  httpGateway: {
    origins: [origin],
    routes: {
      order: { kind: "stream", path: "/orders", subject: "orders.{sub}.placed", stream: "ORDERS", timeout: "30s" },
      orders: { kind: "events", path: "/orders", subject: "orders.{sub}.>", stream: "ORDERS" },
      all: { kind: "events", path: "/all", subject: "orders.>", stream: "ORDERS" },
    },
  },
};

/** What the page does: it writes down what it reads, and takes its tokens one after another, the last one for ever. */
const script = `
  const { url, tokens } = JSON.parse(sessionStorage.getItem("reader"));
  const seen = (globalThis.seen = { events: [], problems: [], asked: [] });
  const end = (globalThis.end = new AbortController());
  const token = async (isRefused) => {
    seen.asked.push(isRefused);
    return tokens.length > 1 ? tokens.shift() : tokens[0];
  };
  const onProblem = (problem) => seen.problems.push(String(problem));
  try {
    for await (const event of readEvents(url, { token, onProblem, signal: end.signal })) seen.events.push(event);
    seen.over = "ended";
  } catch (error) {
    seen.over = error.name + " " + error.status + " " + error.code;
  }
`;

interface Seen {
  events: StreamEvent[];
  problems: string[];
  asked: boolean[];
  over?: string;
}

let browser: Browser;
let url: string;
let alice: string;
let count = 0;
const program = "http-gateway-core";

beforeAll(async () => {
  if (!findChromium()) return;
  await twin.up(environment);
  url = twin.connectFile().httpGateways[0]?.url ?? "";
  alice = await twin.token("alice");
  browser = await Browser.start(["127.0.0.1"]);
});
afterAll(async () => {
  await browser?.stop();
  await twin.close();
  await project.remove();
});
afterEach(() => browser?.closePages());

type Page = Omit<Tab, "nats">;

const opened = async (tokens: readonly string[], path = "/orders"): Promise<Page> => {
  const text = `${await eventsModule()}\n${script}`;
  return browser.openScript(origin, text, { reader: JSON.stringify({ url: `${url}${path}`, tokens }) });
};
const seenBy = ({ page }: Page): Promise<Seen> => page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
const numbers = async (page: Page) => (await seenBy(page)).events.map(({ data }) => JSON.parse(data).n as number);

async function order(): Promise<number> {
  const n = ++count;
  await eventually("an order is stored", async () => {
    const key = { "idempotency-key": `"pages-${n}"` };
    return (await call(`${url}/orders`, { token: alice, body: { n }, headers: key })).status === 201;
  });
  return n;
}
const reads = (page: Page, n: number) =>
  eventually(`the page reads ${n}`, async () => (await numbers(page)).includes(n));
/** A page reads from the moment its stream is open. */
async function reading(tokens: readonly string[]): Promise<{ page: Page; first: number }> {
  const page = await opened(tokens);
  await eventually("its stream is open", async () => {
    await order();
    return (await numbers(page)).length > 0;
  });
  return { page, first: (await numbers(page))[0] ?? 0 };
}
const upTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

// A file of skipped tests alone is passed over in silence.
if (!findChromium()) {
  test("skipped: no chromium", () => console.warn("skipped: no chromium is on PATH, so no page read a stream"));
}

(findChromium() ? describe : describe.skip)("a page in a real browser", () => {
  test("reads on through a gateway that stops, and one that is killed, without gap or double", async () => {
    const { page, first } = await reading([alice]);
    process.kill(twin.pid(program), "SIGTERM");
    await eventually("it has stopped", () => twin.pids()[program] === undefined, 60);
    await twin.up();
    await reads(page, await order());
    await twin.kill(program);
    await twin.up();
    const last = await order();
    await reads(page, last);
    expect(await numbers(page)).toEqual(upTo(first, last));
    const { asked, problems, over } = await seenBy(page);
    expect(asked.length).toBeGreaterThanOrEqual(3);
    // The one that was killed said nothing of when to come back.
    expect(problems.length).toBeGreaterThanOrEqual(1);
    expect(over).toBeUndefined();
  });

  test("goes on with another token when the one it had ends", async () => {
    const short = await twin.token("alice", "--expires", "20");
    const { page, first } = await reading([short, alice]);
    await eventually("it asked for another token", async () => (await seenBy(page)).asked.length > 1, 90);
    const last = await order();
    await reads(page, last);
    expect(await numbers(page)).toEqual(upTo(first, last));
    expect((await seenBy(page)).asked).toEqual([false, false]);
  });

  test("asks for another token when one was refused, and says which refusal is for good", async () => {
    const old = await twin.token("alice", "--expires", "-60");
    const { page } = await reading([old, alice]);
    expect((await seenBy(page)).asked).toEqual([false, true]);
    const stranger = await opened([alice], "/all");
    await eventually("it was refused", async () => (await seenBy(stranger)).over, 60);
    expect(await seenBy(stranger)).toMatchObject({ over: "EventsRefusedError 403 denied", problems: [], events: [] });
    const wrong = await opened([old]);
    await eventually("it was refused", async () => (await seenBy(wrong)).over, 60);
    expect(await seenBy(wrong)).toMatchObject({ over: "EventsRefusedError 401 token-refused", asked: [false, true] });
  });

  test("ends by its signal, or with its page, and leaves no reader at the gateway", async () => {
    const readers = async () => {
      const text = await (await fetch(twin.connectFile().httpGateways[0]?.metrics ?? "")).text();
      return Number(/^http_gateway_event_readers (\d+)$/m.exec(text)?.[1]);
    };
    const pages = [await reading([alice]), await reading([alice])];
    await eventually("both are counted", async () => (await readers()) === 2, 60);
    const { page } = pages[0] as { page: Page };
    await page.page.evaluate(() => (globalThis as unknown as { end: AbortController }).end.abort());
    await eventually("its loop is over", async () => (await seenBy(page)).over === "ended", 30);
    await eventually("one is left", async () => (await readers()) === 1, 60);
    const closed = once(pages[1]?.page.page as never, "close");
    await pages[1]?.page.page.close();
    await closed;
    await eventually("none is left", async () => (await readers()) === 0, 60);
  });
});
