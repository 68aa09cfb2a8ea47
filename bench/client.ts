import { connect, type NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import { makeFolder, removeFolder, startNatsServer } from "../__tests__/support/callout-nats-server";
import { Client, type ClientOptions, defineEndpoint } from "../runtime/client";
import { median } from "./statistics";

const REQUESTS = 20_000;
const IN_FLIGHT = 64;
const ROUNDS = 5;
const payload = { id: "7", text: "x".repeat(100) };
const user = z.object({ id: z.string(), text: z.string() });
const typed = defineEndpoint("echo", { request: user, response: user });

/** CPU of this process for each request, in microseconds, with some of them in flight. */
async function cpuPerRequest(ask: () => Promise<unknown>): Promise<number> {
  let left = REQUESTS;
  const worker = async () => {
    while (left-- > 0) await ask();
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const { user: inUser, system } = process.cpuUsage(before);
  return (inUser + system) / REQUESTS;
}

/** What a request costs over the bare library, layer by layer; `noAsyncTraces` on both sides. */
export async function benchClient(): Promise<void> {
  const folder = makeFolder();
  const server = await startNatsServer(folder, "");
  const bare: NatsConnection = await connect({ servers: server.url, noAsyncTraces: true });
  const responder: NatsConnection = await connect({ servers: server.url, noAsyncTraces: true });
  responder.subscribe("echo", { callback: (_, message) => void message.respond(message.data) });
  await responder.flush();
  const client = (options: ClientOptions) =>
    new Client({ servers: server.url, plaintext: "loopback", breaker: false, tracing: false, ...options });
  const text = JSON.stringify(payload);
  const [plain, breaking, metered, traced] = [{}, { breaker: {} }, { metrics: true }, { tracing: true }].map(client);
  const rows: Record<string, () => Promise<unknown>> = {
    "bare library": () => bare.request("echo", text, { timeout: 5000 }),
    "client, layers off": async () => plain?.request("echo", text),
    "with the breaker": async () => breaking?.request("echo", text),
    "with a schema": async () => plain?.request(typed, payload),
    "with metrics": async () => metered?.request("echo", text),
    "with schema and metrics": async () => metered?.request(typed, payload),
    "with spans, no SDK": async () => traced?.request("echo", text),
  };
  try {
    const seen = new Map<string, number[]>();
    // The first round warms up.
    for (let round = 0; round <= ROUNDS; round++)
      for (const [name, ask] of Object.entries(rows)) {
        const cost = await cpuPerRequest(ask);
        if (round > 0) seen.set(name, [...(seen.get(name) ?? []), cost]);
      }
    const floor = median(seen.get("bare library") ?? []);
    process.stdout.write("client: CPU for each request (the responder runs in the same process)\n");
    for (const [name, costs] of seen)
      process.stdout.write(
        `  ${name.padEnd(28)} ${median(costs).toFixed(1).padStart(6)} us  ${(median(costs) / floor).toFixed(2)} x bare\n`,
      );
  } finally {
    for (const each of [plain, breaking, metered, traced]) await each?.close();
    await bare.close();
    await responder.close();
    await server.stop();
    removeFolder(folder);
  }
}
