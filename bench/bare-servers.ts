import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { poll, startProcess, stopProcess } from "../cli/core/processes";
import { findNatsServer } from "../cli/core/tools";
import { monitoring } from "../cli/twin/monitoring";
import { loopback } from "../cli/twin/ports";
import type { Jsz } from "../runtime/client/monitoring";

/**
 * The floor: servers with the least configuration that makes a JetStream cluster, without TLS, accounts or streams.
 *
 * @returns milliseconds until every server knows the meta leader
 */
export async function startBareServers(folder: string, count: number): Promise<{ ms: number; stop(): Promise<void> }> {
  const natsServer = findNatsServer();
  if (!natsServer) throw new Error("nats-server is not built: make tools");
  const ports = await freePorts(count * 3);
  const routes = Array.from({ length: count }, (_, i) => `"nats://${loopback}:${ports[count + i]}"`).join(", ");
  const servers = Array.from({ length: count }, (_, i) => {
    const root = join(folder, `bare-${i}`);
    mkdirSync(root, { recursive: true });
    const conf = join(root, "nats.conf");
    writeFileSync(
      conf,
      `server_name: bare-${i}
listen: "${loopback}:${ports[i]}"
http: "${loopback}:${ports[2 * count + i]}"
cluster { name: bare, listen: "${loopback}:${ports[count + i]}", routes: [${routes}] }
jetstream { store_dir: "${join(root, "data")}" }
`,
    );
    return {
      conf,
      monitoring: ports[2 * count + i] ?? 0,
      root,
      log: join(root, "log"),
      process: join(root, "process.json"),
      lastArguments: ["-c", conf],
    };
  });
  const started = performance.now();
  for (const server of servers) await startProcess(server, { command: natsServer, args: ["-c", server.conf], env: {} });
  const quorum = await poll(async () => {
    const views = await Promise.all(servers.map((server) => monitoring<Jsz>(server.monitoring, "/jsz")));
    return views.every((view) => view?.meta_cluster?.leader && view.meta_cluster.cluster_size === count);
  }, 60_000);
  const ms = performance.now() - started;
  const stop = async () => void (await Promise.all(servers.map((server) => stopProcess(server, "SIGKILL", 5000))));
  if (quorum) return { ms, stop };
  await stop();
  throw new Error("the bare servers reached no quorum within a minute");
}

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    probes.map(
      (probe) =>
        new Promise<number>((resolve, reject) => {
          probe.once("error", reject);
          probe.listen(0, loopback, () => resolve((probe.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))));
  return ports;
}
