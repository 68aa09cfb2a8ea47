import { rmSync } from "node:fs";
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import type { ClusterTopology } from "../../model/topology";
import type { NatsClient } from "../../runtime/client";
import type { Healthz, Jsz, Routez, Varz } from "../../runtime/client/monitoring";
import type { ClusterDriver } from "../../runtime/roll/driver";
import { type ServerReports, stateOfReports } from "../../runtime/roll/reports";
import type { ClusterState } from "../../runtime/roll/state";
import { runningProcess, stopProcess } from "../core/processes";
import { appliedTopology } from "./applied";
import { streamsClient, userClient } from "./connect";
import type { Twin } from "./context";
import { monitoring } from "./monitoring";
import { loopback } from "./ports";
import { diagnosis, type PlannedServer, startServer, stopServer } from "./servers";
import { jetStreamScopes } from "./streams";

/** How servers of a twin's cluster are looked at, stopped and started. @param planned what each is to run */
export function twinDriver(
  twin: Twin,
  cluster: ClusterTopology,
  planned: readonly PlannedServer[],
  natsServer: string,
): ClusterDriver {
  const servers = cluster.servers.map(({ name }) => name);
  const folder = (server: string) => twin.folder.server(server);
  const accounts = knownAccounts(twin, cluster);

  async function connected<T>(open: (urls: string[]) => Promise<NatsClient>, work: (nc: NatsConnection) => Promise<T>) {
    const client = await open(await answeringUrls(twin, servers));
    try {
      return await work(await client.connection());
    } finally {
      await client.close();
    }
  }

  return {
    servers,
    look: () => look(twin, cluster),
    async inAccounts(work) {
      const results = [];
      for (const account of accounts)
        results.push(
          await connected(
            (urls) => streamsClient(twin, cluster, account, urls),
            (nc) => work(account, nc),
          ),
        );
      return results;
    },
    inSystem: (work) => connected((urls) => userClient(twin, cluster, "sys", { servers: urls }), work),
    async stop(server) {
      await stopServer(folder(server));
    },
    async kill(server) {
      await stopProcess(folder(server), "SIGKILL", 10_000);
    },
    async empty(server) {
      rmSync(join(folder(server).store, "jetstream"), { recursive: true, force: true });
    },
    async start(server) {
      const plan = planned.find((one) => one.server.name === server);
      if (!plan) throw new Error(`nobody has planned ${server}`);
      await startServer(twin, plan, natsServer);
    },
    said: async (server) => diagnosis(folder(server)),
  };
}

/** Accounts that running servers know, of those with JetStream: one that is new has no streams yet. */
function knownAccounts(twin: Twin, cluster: ClusterTopology): string[] {
  const before = appliedTopology(twin);
  const known = before?.identity.accounts.filter(({ jetstream }) => jetstream).map(({ name }) => name);
  if (before && !before.clusters.some(({ name, jetstream }) => name === cluster.name && jetstream)) return [];
  return jetStreamScopes(twin)
    .filter((scope) => scope.cluster.name === cluster.name && (known?.includes(scope.account) ?? true))
    .map(({ account }) => account);
}

/** One that is frozen takes a connection and never says anything. */
async function answeringUrls({ ports }: Twin, servers: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(
    servers.map(async (name) => {
      const { client, monitoring: port } = ports.servers[name] ?? {};
      return (await monitoring<Varz>(port ?? 0, "/varz", 2000)) ? [`tls://${loopback}:${client}`] : [];
    }),
  );
  return answers.flat();
}

async function look(twin: Twin, { servers, jetstream }: ClusterTopology): Promise<ClusterState> {
  const names = servers.map(({ name }) => name);
  const running = names.filter((name) => runningProcess(twin.folder.server(name)));
  const reports = await Promise.all(
    running.map(async (name) => [name, await reportsOf(twin.ports.servers[name]?.monitoring ?? 0, jetstream)] as const),
  );
  return stateOfReports(names, new Map(reports), { jetstream: jetstream !== undefined });
}

async function reportsOf(port: number, jetstream: ClusterTopology["jetstream"]): Promise<ServerReports> {
  const [healthz, routez, varz, jsz] = await Promise.all([
    monitoring<Healthz>(port, "/healthz"),
    monitoring<Routez>(port, "/routez"),
    monitoring<Varz>(port, "/varz"),
    jetstream ? monitoring<Jsz>(port, "/jsz") : undefined,
  ]);
  return { healthz, routez, varz, jsz };
}
