import { rmSync } from "node:fs";
import { privateFile, writeFileAtomically } from "../../../artifacts/files";
import type { Trust } from "../../../model/config";
import type { ClusterTopology, ServerTopology } from "../../../model/topology";
import type { Jsz, Routez, Varz } from "../../../runtime/client/monitoring";
import { printConf } from "../../../templates/nats-conf";
import { judgeDigest } from "../../core/judge-digest";
import { judgeMeta, judgeRoutes, judgeServer } from "../../core/judge-servers";
import { lastLines } from "../../core/processes";
import type { VerifyRow } from "../../core/rows";
import { checkRow, settledResult } from "../../core/rows";
import { staleAccounts } from "../accounts";
import { twinConf } from "../conf";
import type { Twin } from "../context";
import { leafLinks } from "../leaf-links";
import { monitoring } from "../monitoring";
import { configDigest } from "../servers";
import { verifyHeldAccounts } from "./accounts";

/** Checks the reports of each server and each cluster against the topology. */
export async function verifyServers(twin: Twin, trust: Trust, natsServer: string): Promise<VerifyRow[]> {
  const rows: VerifyRow[] = [];
  for (const cluster of twin.topology.clusters) {
    for (const server of cluster.servers) rows.push(...(await verifyServer(twin, cluster, server, trust, natsServer)));
    if (cluster.jetstream && cluster.servers.length > 1) rows.push(await verifyMeta(twin, cluster));
    if (cluster.jetstream)
      rows.push(await verifyHeldAccounts(twin, cluster, trust, (server, path) => ask<Jsz>(twin, server, path)));
    if (twin.topology.identity.mode === "operator") rows.push(await verifyAccounts(twin, cluster, trust));
  }
  return rows;
}

/** Long enough for a busy server. */
const answerMs = 15_000;
/** Elections and catch-ups take seconds. */
const patienceMs = 15_000;

async function ask<T>(twin: Twin, server: string, path: string): Promise<T> {
  const answer = await monitoring<T>(twin.ports.servers[server]?.monitoring ?? 0, path, answerMs);
  if (!answer) throw new Error(`the monitoring port of ${server} does not answer`);
  return answer;
}

async function verifyServer(
  twin: Twin,
  cluster: ClusterTopology,
  server: ServerTopology,
  trust: Trust,
  natsServer: string,
): Promise<VerifyRow[]> {
  const { name } = server;
  return [
    await checkRow("servers", `${name}: version and names`, async () => {
      return judgeServer(cluster, twin.topology.nats.version, name, await ask<Varz>(twin, name, "/varz"));
    }),
    await checkRow("servers", `${name}: routes`, async () => {
      return judgeRoutes(cluster, name, await ask<Routez>(twin, name, "/routez"));
    }),
    await checkRow("servers", `${name}: runs the rendered configuration`, async () => {
      const running = (await ask<Varz>(twin, name, "/varz")).config_digest ?? "none";
      // In the folder of the running configuration, since includes are relative to it.
      const conf = `${twin.folder.server(name).conf}.verify`;
      try {
        writeFileAtomically(conf, printConf(twinConf(twin, cluster, server, trust)), privateFile);
        const rendered = await configDigest(natsServer, conf);
        return judgeDigest(running, { digest: rendered }, lastLines(twin.folder.server(name).log, 2000).join("\n"));
      } finally {
        rmSync(conf, { force: true });
      }
    }),
    ...(cluster.leafLinks.length > 0 ? [await verifyLeafLinks(twin, cluster, server, trust)] : []),
  ];
}

function verifyLeafLinks(
  twin: Twin,
  cluster: ClusterTopology,
  { name }: ServerTopology,
  trust: Trust,
): Promise<VerifyRow> {
  return checkRow("servers", `${name}: leaf nodes`, async () => {
    const links = await leafLinks(twin, cluster, name, trust);
    const states = links.map(({ account, hub, server }) =>
      server ? `${account} to ${server}` : `no ${account} to ${hub}`,
    );
    return { ok: links.every(({ server }) => server !== undefined), seen: states.join(", ") };
  });
}

/**
 * Checks account JWTs, which the configuration's digest does not cover: a server keeps the JWT that it loaded first.
 */
function verifyAccounts(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<VerifyRow> {
  return checkRow("servers", `${cluster.name}: accounts as signed`, async () => {
    const stale = await staleAccounts(twin, cluster, trust);
    const names = stale.map(({ account, servers }) => `${account} is older on ${servers.join(", ")}`);
    return { ok: stale.length === 0, seen: names.join("; ") || Object.keys(trust.accounts).join(", ") };
  });
}

function verifyMeta(twin: Twin, cluster: ClusterTopology): Promise<VerifyRow> {
  const check = async () => {
    const views = cluster.servers.map(async ({ name }) => [name, await ask<Jsz>(twin, name, "/jsz")] as const);
    return judgeMeta(cluster, new Map(await Promise.all(views)));
  };
  return checkRow("servers", `${cluster.name}: meta quorum`, () => settledResult(check, patienceMs));
}
