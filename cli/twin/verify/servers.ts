import { rmSync } from "node:fs";
import { privateFile, writeFileAtomically } from "../../../artifacts/files";
import type { Trust } from "../../../model/config";
import type { ClusterTopology, ServerTopology } from "../../../model/topology";
import { printConf } from "../../../templates/nats-conf";
import { poll } from "../../core/processes";
import type { VerifyRow } from "../../core/rows";
import { type CheckResult, checkRow } from "../../core/rows";
import { staleAccounts } from "../accounts";
import { twinConf } from "../conf";
import type { Twin } from "../context";
import { leafLinks } from "../leaf-links";
import { type Jsz, monitoring, type Routez, type Varz } from "../monitoring";
import { configDigest } from "../servers";

/** What each server and each cluster says of itself, against the topology. */
export async function verifyServers(twin: Twin, trust: Trust, natsServer: string): Promise<VerifyRow[]> {
  const rows: VerifyRow[] = [];
  for (const cluster of twin.topology.clusters) {
    for (const server of cluster.servers) rows.push(...(await verifyServer(twin, cluster, server, trust, natsServer)));
    if (cluster.jetstream && cluster.servers.length > 1) rows.push(await verifyMeta(twin, cluster));
    if (twin.topology.identity.mode === "operator") rows.push(await verifyAccounts(twin, cluster, trust));
  }
  return rows;
}

/** A server that is only busy is not one that does not answer. */
const answerMs = 15_000;
/** A cluster that elects or catches up is well again in seconds. */
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
      const varz = await ask<Varz>(twin, name, "/varz");
      const ok =
        varz.version === twin.topology.nats.version &&
        varz.server_name === name &&
        (cluster.servers.length === 1 || varz.cluster?.name === cluster.natsName);
      return { ok, seen: `${varz.server_name} of cluster ${varz.cluster?.name}, ${varz.version}` };
    }),
    await checkRow("servers", `${name}: routes`, async () => {
      const { routes } = await ask<Routez>(twin, name, "/routez");
      const peers = [...new Set(routes.map(({ remote_name }) => remote_name ?? "?"))].sort();
      const wanted = cluster.servers.map((peer) => peer.name).filter((peer) => peer !== name);
      return { ok: peers.join() === wanted.sort().join(), seen: peers.length > 0 ? `to ${peers.join(", ")}` : "none" };
    }),
    await checkRow("servers", `${name}: runs what is rendered`, async () => {
      const running = (await ask<Varz>(twin, name, "/varz")).config_digest ?? "none";
      // Beside the one that runs, since includes are relative to it.
      const conf = `${twin.folder.server(name).conf}.verify`;
      try {
        writeFileAtomically(conf, printConf(twinConf(twin, cluster, server, trust)), privateFile);
        const rendered = await configDigest(natsServer, conf);
        const seen =
          running === rendered
            ? running.slice(0, 19)
            : `runs ${running.slice(0, 19)}, rendered ${rendered.slice(0, 19)}`;
        return { ok: running === rendered, seen };
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
    const said = links.map(({ account, hub, server }) =>
      server ? `${account} to ${server}` : `no ${account} to ${hub}`,
    );
    return { ok: links.every(({ server }) => server !== undefined), seen: said.join(", ") };
  });
}

/** The configuration's digest does not tell: a running server keeps the JWT with which it loaded an account. */
function verifyAccounts(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<VerifyRow> {
  return checkRow("servers", `${cluster.name}: accounts as signed`, async () => {
    const stale = await staleAccounts(twin, cluster, trust);
    const names = stale.map(({ account, servers }) => `${account} is older on ${servers.join(", ")}`);
    return { ok: stale.length === 0, seen: names.join("; ") || Object.keys(trust.accounts).join(", ") };
  });
}

function verifyMeta(twin: Twin, cluster: ClusterTopology): Promise<VerifyRow> {
  const look = async () => {
    const views = await Promise.all(cluster.servers.map(({ name }) => ask<Jsz>(twin, name, "/jsz")));
    const leaders = [...new Set(views.map(({ meta_cluster }) => meta_cluster?.leader ?? "none"))];
    const sizes = [...new Set(views.map(({ meta_cluster }) => meta_cluster?.cluster_size ?? 0))];
    // Only the leader knows whether its followers are up to date.
    const followers = views.flatMap(({ meta_cluster }) => meta_cluster?.replicas ?? []);
    const current = followers.filter((replica) => replica.current && !replica.offline).length;
    const ok =
      leaders.length === 1 &&
      leaders[0] !== "none" &&
      sizes.join() === String(cluster.servers.length) &&
      current === cluster.servers.length - 1;
    return { ok, seen: `leader ${leaders.join(" / ")}, ${sizes.join(" / ")} peers, ${current} followers current` };
  };
  return checkRow("servers", `${cluster.name}: meta quorum`, async () => {
    let proof: CheckResult = { ok: false, seen: "" };
    await poll(async () => {
      proof = await look();
      return proof.ok;
    }, patienceMs);
    return proof;
  });
}
