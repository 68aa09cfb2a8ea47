import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import type { Registry } from "prom-client";
import { sharedAnswer } from "../common/shared-answer";

/** Problems that keep requests from being answered; ready when there are none. */
export type Readiness = { problems: string[] };

/** Platforms ask every few seconds. */
const readinessMs = 1000;

/** `/healthz` (the process runs), `/readyz` (requests would be answered) and `/metrics`. */
export function buildHttp(readiness: () => Promise<Readiness>, registry: Registry): Hono {
  const app = new Hono();
  // It signs, seals and goes over NATS, and anybody who reaches the port may ask.
  const shared = sharedAnswer(readinessMs, readiness);
  app.get("/healthz", (context) => context.json({ status: "ok" }));
  app.get("/readyz", async (context) => {
    const { problems } = await shared();
    const isReady = problems.length === 0;
    return context.json({ status: isReady ? "ready" : "not ready", problems }, isReady ? 200 : 503);
  });
  app.get("/metrics", async (context) => {
    return context.text(await registry.metrics(), 200, { "content-type": registry.contentType });
  });
  return app;
}

/** Serves until closed; port 0 takes a free one. Rejects when the port is taken. */
export function listen(
  app: Hono,
  { host, port }: { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, hostname: host, port }, (address: AddressInfo) => {
      resolve({
        port: address.port,
        close: () => new Promise((closed) => server.close(() => closed())),
      });
    });
    server.on("error", reject);
  });
}
