import { readFileSync } from "node:fs";
import { join } from "node:path";
import { generateKeyPair, SignJWT } from "jose";
import { twinFolder } from "../../cli/core/twin-folder";
import type { ConnectFile } from "../../cli/twin/connect-file";
import demo from "../../environments/demo";
import { inboxPrefix, NatsClient } from "../../runtime/client";
import { Browser, findChromium, hasCertutil, type Tab, type Trusted } from "../support/browser-chromium";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { claimPorts } from "../support/twin-ports";

/** As in the demo environment: its public name, and the one origin that it lets in. */
const publicName = "nats.demo.example.com";
const origin = "https://app.demo.example.com";
const sub = "auth0|alice";
const own = `user.${inboxPrefix(sub).slice("_INBOX.".length)}`;

const project = new TestProject();
const folder = twinFolder(project.root, "browser");
let browser: Browser | undefined;
let service: NatsClient | undefined;
let server: string;
let token: string;

beforeAll(async () => {
  if (!findChromium()) return;
  project.write({ ...demo, name: "browser", identity: inBothDirections });
  await project.run("up", "browser", "--ports", claimPorts());
  token = (await project.run("token", "browser", "--sub", sub)).trim();
  const { servers, caFile } = JSON.parse(readFileSync(folder.connect, "utf8")) as ConnectFile;
  server = servers[0]?.websocket?.replace("127.0.0.1", publicName) ?? "";
  const seed = readFileSync(join(folder.keys, "user-service-main-api.key"), "utf8").trim();
  // On another server than the page: what they say to each other crosses a route.
  service = new NatsClient({
    servers: servers[1]?.client ?? "",
    caFile,
    authentication: { kind: "nkey", seed },
    connectTimeoutMs: 30_000,
  });
  browser = await Browser.start([publicName], trusted());
});
afterAll(async () => {
  await browser?.stop();
  await service?.close();
  await project.remove();
});

afterEach(() => browser?.closePages());

const trusted = (): Trusted => ({
  ca: folder.authority("public").cert,
  certificate: folder.certificate("core", "public").cert,
});
/** The page and a service ask each other, which demo does without. */
const { identity } = demo;
const both = { allow: ["user.>"] };
const inBothDirections = {
  ...identity,
  permissions: identity.permissions.map((rule, i) => ({ ...rule, allowResponses: i === 0 })),
  services: {
    ...identity.services,
    "main-api": { account: "APP", publish: both, subscribe: both, allowResponses: true },
  },
};
const login = () => ({ server, token, inboxPrefix: inboxPrefix(sub), user: sub });
const open = (at = origin): Promise<Tab> => (browser as Browser).open(at);
async function connected(): Promise<Tab> {
  const tab = await open();
  expect(await tab.nats.connect(login())).toBeUndefined();
  return tab;
}

/** What the browser says comes by another way than what the page returns, and may come after it. */
const printed = (tab: Tab, words: string) =>
  eventually(`the browser's console has ${words}`, async () => tab.console.join("\n").includes(words));

/** Interest crosses a route a moment after the subscriber's own server knows of it; until then nobody responds. */
async function answered<T>(request: () => Promise<T>): Promise<T> {
  const until = Date.now() + 90_000;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!/no responders|503/i.test(String(error)) || Date.now() > until) throw error;
    }
  }
}

// A file of skipped tests alone is passed over in silence.
if (!findChromium()) {
  test("skipped: no chromium", () => console.warn("skipped: no chromium is on PATH, so no browser was asked"));
}

(findChromium() ? describe : describe.skip)("a page in a real browser", () => {
  test("connects by wss to the public name with a token, as the user that the token names", async () => {
    const { nats } = await connected();
    const { data } = JSON.parse(await nats.request("$SYS.REQ.USER.INFO"));
    expect(data).toMatchObject({ account: "APP" });
    expect(data.permissions.subscribe.allow).toEqual(expect.arrayContaining([`${own}.>`, `${inboxPrefix(sub)}.>`]));
  });

  test("receives what it publishes, and talks with a service in both directions", async () => {
    const { nats, page } = await connected();
    const connection = await (service as NatsClient).connection();
    const heard = connection.subscribe(`${own}.question`, {
      max: 1,
      callback: (_, message) => void message.respond("42"),
    });
    await connection.flush();

    expect(await nats.subscribe(`${own}.page.>`)).toBeUndefined();
    expect(await nats.publish(`${own}.page.hello`, "from the page to itself")).toBeUndefined();
    expect(await nats.received()).toEqual([`${own}.page.hello: from the page to itself`]);

    expect(await answered(() => nats.request(`${own}.question`))).toBe("42");
    expect(heard.getReceived()).toBe(1);
    const news = "your order is on its way";
    const answer = await answered(() => connection.request(`${own}.page.news`, news, { timeout: 30_000 }));
    expect(answer.string()).toBe(`the page read: ${news}`);
    expect(await nats.received()).toContain(`${own}.page.news: ${news}`);

    expect(await nats.publish("user.bob.hello", "not mine")).toMatch(/Permissions Violation for Publish to "user.bob/);
    expect(await page.textContent("#state")).toBe("connected");
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
  });

  test("is refused the subjects and the inbox of others, and nothing of it arrives", async () => {
    const { nats } = await connected();
    const connection = await (service as NatsClient).connection();
    const arrived: string[] = [];
    // One subscription alone: nats-server 2.14.5 refuses the answer to a request that two of a connection match.
    const everything = connection.subscribe("user.>", {
      callback: (_, message) => {
        arrived.push(message.subject);
        if (message.reply) message.respond("seen");
      },
    });
    await connection.flush();
    expect(await answered(() => nats.request(`${own}.first`))).toBe("seen");

    expect(await nats.publish("user.bob.hello", "not mine")).toMatch(/Permissions Violation for Publish/);
    expect(await nats.publish("news.today", "only editors write these")).toMatch(/Permissions Violation for Publish/);
    expect(await nats.subscribe("user.bob.>")).toMatch(/Permissions Violation for Subscription/);
    expect(await nats.subscribe("user.>")).toMatch(/Permissions Violation for Subscription/);
    expect(await nats.subscribe(`${inboxPrefix("bob")}.>`)).toMatch(/Permissions Violation for Subscription/);
    expect(await nats.subscribe("_INBOX.>")).toMatch(/Permissions Violation for Subscription/);

    // Messages of one connection arrive in order, so what was sent before this request would be in the list.
    expect(await nats.request(`${own}.last`)).toBe("seen");
    expect(arrived).toEqual([`${own}.first`, `${own}.last`]);
    connection.publish("user.bob.secret", "for bob");
    await connection.flush();
    expect(await nats.request(`${own}.last`)).toBe("seen");
    expect(await nats.received()).toEqual([]);
    everything.unsubscribe();
  });

  test("is refused with a token that somebody else signed, that was changed, or that has expired", async () => {
    const { nats } = await open();
    const refused = (wrong: string) => nats.connect({ ...login(), token: wrong });
    const [head = "", payload = "", signature = ""] = token.split(".");
    const read = (part: string) => JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    const { privateKey } = await generateKeyPair("RS256");
    const forged = await new SignJWT(read(payload)).setProtectedHeader(read(head)).sign(privateKey);
    expect(await refused(forged)).toMatch(/Authorization Violation/i);

    const bob = Buffer.from(JSON.stringify({ ...read(payload), sub: "bob" })).toString("base64url");
    expect(await refused(`${head}.${bob}.${signature}`)).toMatch(/Authorization Violation/i);
    const expired = (await project.run("token", "browser", "--sub", sub, "--expires", "-3600")).trim();
    expect(await refused(expired)).toMatch(/Authorization Violation/i);
    expect(await refused(token)).toBeUndefined();
  });

  test.each(["https://evil.example.com", "https://app.demo.example.com.evil.example.com", "https://demo.example.com"])(
    "of %s is refused before any token is looked at",
    async (foreign) => {
      const tab = await open(foreign);
      expect(await tab.nats.connect(login())).toEqual(expect.any(String));
      await printed(tab, "Error during WebSocket handshake: Unexpected response code: 403");
    },
  );

  test("of a browser that was told to trust nothing, or another key, is refused by the browser", async () => {
    const { ca } = trusted();
    const other = { ca: folder.authority("internal").cert, certificate: folder.certificate("core", "internal").cert };
    expect(readFileSync(other.ca, "utf8")).not.toBe(readFileSync(ca, "utf8"));
    for (const trust of [undefined, other]) {
      const stranger = await Browser.start([publicName], trust);
      try {
        const tab = await stranger.open(origin);
        expect(await tab.nats.connect(login())).toEqual(expect.any(String));
        await printed(tab, "net::ERR_CERT_AUTHORITY_INVALID");
      } finally {
        await stranger.stop();
      }
    }
  });

  (hasCertutil ? test : test.skip)(
    `${hasCertutil ? "" : "skipped: no certutil, the key is pinned: "}is refused where the certificate names another host`,
    async () => {
      const stranger = await Browser.start(["other.example.com"], trusted());
      try {
        const tab = await stranger.open(origin);
        await tab.nats.connect({ ...login(), server: server.replace(publicName, "other.example.com") });
        await printed(tab, "net::ERR_CERT_COMMON_NAME_INVALID");
      } finally {
        await stranger.stop();
      }
    },
  );
});
