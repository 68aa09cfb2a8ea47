import { ClientWorld, transports } from "../support/client-world";
import { eventually } from "../support/eventually";

const world = new ClientWorld();
afterAll(() => world.end());

const SPREAD_MS = 3000;
const CLIENTS = 60;

test.each(transports)("clients of one dead server come back spread over their time, over %s", async (_, transport) => {
  const first = await world.server();
  const clients = Array.from({ length: CLIENTS }, () =>
    world.client(first, transport, { reconnectSpreadMs: SPREAD_MS }),
  );
  await Promise.all(clients.map((client) => client.connect()));
  // Long enough that nobody has dialled lately: such servers are dialled at once by nats.js itself.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await first.stop();
  await world.server("", first.port);
  const began = Date.now();
  const back: number[] = [];
  const waiting = new Set(clients);
  await eventually("all clients", () => {
    for (const client of waiting)
      if (client.isConnected() && client.health().nats.reconnects === 1) {
        waiting.delete(client);
        back.push(Date.now() - began);
      }
    return waiting.size === 0;
  });
  // Of each third of the time some: all at once would be in one.
  const thirds = back.map((ms) => Math.min(2, Math.floor((3 * ms) / SPREAD_MS)));
  expect(new Set(thirds).size).toBeGreaterThanOrEqual(2);
  expect(Math.max(...back) - Math.min(...back)).toBeGreaterThan(SPREAD_MS / 3);
  await world.closeClients();
});
