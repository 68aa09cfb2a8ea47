import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Client } from "../../runtime/client";
import { startTestServer } from "../../runtime/client-testing/test-server";
import { checkout, natsform } from "../support/cli-run";
import { eventually } from "../support/eventually";
import { findProgram } from "../support/programs";

const program = findProgram("nats-server");
const ended: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const end of ended.reverse()) await end();
});

async function started(...[options]: Parameters<typeof startTestServer>) {
  const server = await startTestServer({ program, ...options });
  ended.push(() => server.stop());
  const client = (user?: string) => {
    const made = new Client(server.options(user));
    ended.push(() => made.close());
    return made;
  };
  return { server, client };
}

test("a service is tested with the rights that it will have, against streams and buckets that are there", async () => {
  const { client } = await started({
    users: {
      users: { subscribe: { allow: ["user.>"] }, publish: { deny: [">"] }, allowResponses: true },
      shop: { publish: { allow: ["user.>"] }, subscribe: { allow: ["_INBOX.>"] } },
    },
    streams: [{ name: "ORDERS", subjects: ["orders.>"], consumers: ["billing"] }],
    buckets: ["settings"],
  });
  await client("users").serve("user.get", { handler: () => "alice" });
  expect((await client("shop").request("user.get")).string()).toBe("alice");
  await expect(client("shop").request("other")).rejects.toMatchObject({ code: "denied" });
  await expect(client("users").publish("user.get", "", { confirmed: true })).rejects.toMatchObject({ code: "denied" });
  const everything = client();
  await everything.publishToStream("orders.placed", { n: 1 });
  const seen: string[] = [];
  await everything.consume({
    stream: "ORDERS",
    consumer: "billing",
    handler: (message) => seen.push(message.string()),
  });
  await eventually("the order", () => seen.length === 1);
  const bucket = await everything.bucket("settings");
  await bucket.put("color", Buffer.from("blue"));
  expect(Buffer.from((await bucket.get("color"))?.value ?? []).toString()).toBe("blue");
});

describe("of an environment", () => {
  const file = join(__dirname, "../../environments/demo.ts");
  /** The file that a service's repository keeps. */
  const kept = join(mkdtempSync(join(tmpdir(), "natsform-test-environment-")), "nats.test.json");
  ended.push(async () => rmSync(dirname(kept), { recursive: true }));

  test("a service has the rights, streams and consumers that its deployment has, and no others", async () => {
    const { code } = await natsform(checkout, ["subjects", "demo", "--test-server", "--out", kept]);
    expect(code).toBe(0);
    const people = { alice: { sub: "alice" }, eve: { sub: "eve", roles: ["editor"] } };
    const { client } = await started({ environment: kept, as: "main-api", people });
    const mainApi = client();
    const [alice, eve] = [client("alice"), client("eve")];
    await mainApi.serve("user.*.get", { handler: ({ subject }) => subject });
    expect((await alice.request("user.alice.get")).string()).toBe("user.alice.get");
    await expect(alice.request("user.eve.get")).rejects.toMatchObject({ code: "denied" });
    await expect(alice.publish("news.today", "", { confirmed: true })).rejects.toMatchObject({ code: "denied" });
    await eve.publish("news.today", "", { confirmed: true });
    // What another identity is answered with is nobody's to hear.
    await expect(mainApi.subscribe("_INBOX.alice.>", () => {})).rejects.toMatchObject({ code: "denied" });
    await alice.publishToStream("orders.alice.placed", "one");
    const seen: string[] = [];
    await mainApi.consume({
      stream: "ORDERS",
      consumer: "fulfilment",
      handler: (message) => seen.push(message.string()),
    });
    await eventually("the order", () => seen.length === 1);
    await expect(client("newsroom").publish("orders.alice.placed", "", { confirmed: true })).rejects.toMatchObject({
      code: "denied",
    });
  });

  test("natsform is asked where it is installed, and what cannot be read is said", async () => {
    const { server } = await started({ environment: file, as: "newsroom" });
    expect(server.options()).toMatchObject({ authentication: { user: "newsroom" }, inboxPrefix: "_INBOX._newsroom" });
    expect(() => server.options("nobody")).toThrow("the test server has no user nobody: it has main-api, newsroom");
    expect(() => server.everything("NONE")).toThrow("the test server has no account NONE");
    const wrong = (options: Parameters<typeof startTestServer>[0]) => startTestServer({ program, ...options });
    await expect(wrong({ environment: kept, as: "shop" })).rejects.toThrow("no user shop: it has main-api, newsroom");
    await expect(wrong({ environment: kept, users: { shop: {} } })).rejects.toThrow("leave out `users`");
    await expect(wrong({ people: { alice: { sub: "alice" } } })).rejects.toThrow("name it");
    await expect(wrong({ environment: kept, people: { "main-api": { sub: "x" } } })).rejects.toThrow("a service of");
    await expect(wrong({ environment: kept, people: { nobody: { sub: "" } } })).rejects.toThrow("refuses nobody: ");
    writeFileSync(kept, JSON.stringify({ format: 0 }));
    await expect(wrong({ environment: kept })).rejects.toThrow("write it anew with natsform subjects --test-server");
    await expect(wrong({ environment: join(dirname(kept), "environments/demo.ts") })).rejects.toThrow(
      "has no natsform",
    );
    await expect(wrong({ environment: join(checkout, "environments/none.ts") })).rejects.toThrow("none");
  });
});

test("a restart keeps the port and what is stored, and clients come back", async () => {
  const { server, client } = await started({ streams: [{ name: "ORDERS", subjects: ["orders.>"] }] });
  const { url } = server;
  const faithful = client();
  expect(await faithful.publishToStream("orders.placed", "1")).toMatchObject({ sequence: 1 });
  await server.restart();
  await eventually("a reconnect", () => faithful.isConnected());
  expect(await faithful.publishToStream("orders.placed", "2")).toMatchObject({ sequence: 2 });
  expect(server.url).toBe(url);
});

test("what is wrong is said: no server, a user or a stream that cannot be", async () => {
  await expect(startTestServer({ program: "/none/nats-server" })).rejects.toThrow("name it with NATS_SERVER");
  const { server } = await started();
  expect(() => server.options("nobody")).toThrow("the test server has no user nobody");
  await expect(startTestServer({ program, streams: [{ name: "A", subjects: ["a..b"] }] })).rejects.toThrow(
    /STREAM\.CREATE\.A: /,
  );
});

test("nothing is left of a server that was stopped", async () => {
  const server = await startTestServer({ program });
  const options = server.options();
  await server.stop();
  await expect(new Client({ ...options, connectTimeoutMs: 5000 }).connect()).rejects.toMatchObject({
    code: "not-connected",
  });
});
