import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { EventStreams } from "../../../runtime/http-gateway/event-streams";
import { Feeds, type Source } from "../../../runtime/http-gateway/feed";

/** Nothing is ever published, and nothing is stored. */
const silent: Source = {
  listen: async () => () => undefined,
  held: async () => ({ created: 0, first: 1, last: 0 }),
  next: async () => undefined,
};

test("a reader that vanished while its right was asked for leaves nothing", async () => {
  const feeds = new Feeds(silent);
  const events = new EventStreams({
    source: silent,
    feeds,
    limit: 10,
    heartbeatMs: 15_000,
    now: Date.now,
    random: Math.random,
    slow: () => undefined,
  });
  let served: Promise<unknown> | undefined;
  const server = createServer(async (_, response) => {
    await once(response, "close");
    served = events.serve({ response, headers: {}, subject: "a", denied: [], expires: Date.now() + 60_000 });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const caller = request({ port: (server.address() as AddressInfo).port, agent: false }).end();
  caller.on("error", () => undefined);
  await once(server, "request");
  caller.destroy();
  while (served === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  const late = new Promise((resolve) => setTimeout(resolve, 2000, "late"));
  expect(await Promise.race([served, late])).toBeUndefined();
  expect([events.count, feeds.count]).toEqual([0, 0]);
  server.close();
});
