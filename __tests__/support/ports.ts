import { createServer, type Server } from "node:net";

/**
 * Where tests take ports from: below those that the system gives to connections, above the blocks of the tests' twins.
 * Each of jest's workers has its own part: a port is still free when a server takes it, and when it takes it again.
 */
const parts = { first: 15_000, size: 1000, count: 10 };
const part = parts.first + ((Number(process.env.JEST_WORKER_ID ?? 1) - 1) % parts.count) * parts.size;
/** Begins anywhere: another run on this machine has the same parts. */
let next = Math.floor(Math.random() * parts.size);

/** Ports that nobody listens on. None comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  for (let tried = 0; held.length < count; tried++) {
    if (tried > parts.size) throw new Error(`no ${count} free ports from ${part} on`);
    const server = await listening(part + (next++ % parts.size));
    if (server) held.push(server);
  }
  const ports = held.map((server) => (server.address() as { port: number }).port);
  await Promise.all(held.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(undefined));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => resolve(server));
  });
}

/** One such port. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  return port as number;
}
