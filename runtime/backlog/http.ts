import { createServer, type Server } from "node:http";
import { Counter, Gauge, Registry } from "prom-client";
import { BACKLOG_GAUGE } from "./contract";
import type { BacklogWatch } from "./watch";

/** `/healthz` (the process runs), `/readyz` (every service is counted for) and `/metrics`. */
export function buildHttp(watch: BacklogWatch): { server: Server; rounds: Counter } {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  new Gauge({
    name: BACKLOG_GAUGE,
    help: "Messages that wait for a service. Absent while it is not known",
    labelNames: ["nats_service", "stream", "consumer"],
    registers,
    collect() {
      // Without a value that is known there is none: an autoscaler then leaves the count as it is.
      this.reset();
      for (const { consumer, waiting } of watch.counts()) {
        const { service, stream } = consumer;
        this.set({ nats_service: service, stream, consumer: consumer.consumer }, waiting);
      }
    },
  });
  const rounds = new Counter({ name: "natsform_backlog_rounds_total", help: "Rounds of counting", registers });
  const server = createServer(async ({ url }, response) => {
    const answer = (status: number, text: string, type = "application/json") =>
      void response.writeHead(status, { "content-type": type }).end(text);
    if (url === "/metrics") return answer(200, await registry.metrics(), registry.contentType);
    if (url === "/healthz") return answer(200, '{"status":"ok"}');
    if (url !== "/readyz") return answer(404, '{"status":"unknown path"}');
    const problems = watch.problems();
    const isReady = problems.length === 0;
    answer(isReady ? 200 : 503, JSON.stringify({ status: isReady ? "ready" : "not ready", problems }));
  });
  return { server, rounds };
}
