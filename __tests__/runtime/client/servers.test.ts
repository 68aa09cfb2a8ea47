import { NatsClient, NatsClientClosedError, parseServers, ServersError, serverProblems } from "../../../runtime/client";

test("servers come as a list or as text with commas", () => {
  const servers = ["tls://a.example.com:4222", "tls://[::1]:4222"];
  expect(parseServers(servers)).toEqual(servers);
  expect(parseServers(" tls://a.example.com:4222, tls://[::1]:4222 ")).toEqual(servers);
});

test.each([
  ["nats://a:4222", "nats://a:4222 would connect in clear: write tls://a:4222"],
  ["a:4222", "a:4222 has no scheme: write tls://a:4222"],
  ["ws://a", "ws://a would connect in clear: write tls://a"],
  ["tls://", "tls:// is no server address: write tls://host:4222"],
  ["tls://a:99999", "tls://a:99999 is no server address: write tls://host:4222"],
  ["tls://a/path", "tls://a/path is no server address: write tls://host:4222"],
  [" , ", "names no server: write tls://host:4222"],
])("%s is refused with the fix", (servers, problem) => {
  expect(serverProblems(servers)).toEqual([problem]);
  expect(() => new NatsClient({ servers, authentication: { kind: "none" } })).toThrow(ServersError);
});

test("credentials in an address are refused without being repeated", () => {
  expect(serverProblems("tls://u:hunter2@a:4222").join()).not.toContain("hunter2");
});

test("every wrong server is reported at once", () => {
  expect(serverProblems("nats://a,tls://b,nats://c")).toHaveLength(2);
});

test("a closed client connects no more", async () => {
  const client = new NatsClient({ servers: "tls://127.0.0.1:1", authentication: { kind: "none" } });
  await client.close();
  await expect(client.connection()).rejects.toThrow(NatsClientClosedError);
  expect(client.health()).toEqual({ connected: false, servers: ["tls://127.0.0.1:1"], reconnects: 0 });
});
