import { Client } from "../../runtime/client";
import { startTestServer } from "../../runtime/client/testing/test-server";
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
    const made = new Client({ ...server.options(user), name: user });
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
