import { randomUUID } from "node:crypto";
import type { Trust } from "../../../model/config";
import type { StreamTopology } from "../../../model/topology";
import { streamAccounts } from "../../../model/topology";
import type { NatsClient } from "../../../runtime/client";
import { manager } from "../../../runtime/streams/find";
import { acknowledgedByAllReplicas } from "../../../runtime/streams/replicas";
import { judgePlacement, judgePlan, judgeReplicas, streamsPlan } from "../../core/judge-streams";
import type { VerifyRow } from "../../core/rows";
import { checkRow, settledResult } from "../../core/rows";
import { streamsClient } from "../connect";
import type { Twin } from "../context";
import { loopback } from "../ports";

const patienceMs = 15_000;

/** Checks configuration and placement of streams, and that every replica stores each of their subjects. */
export async function verifyStreams(twin: Twin, trust: Trust): Promise<VerifyRow[]> {
  const rows: VerifyRow[] = [];
  for (const cluster of twin.topology.clusters) {
    for (const account of streamAccounts(twin.topology, cluster.name)) {
      const client = await streamsClient(twin, cluster, account);
      try {
        rows.push(await verifyConfiguration(twin, client, cluster.name, account));
        const streams = twin.topology.streams.filter((s) => s.cluster === cluster.name && s.account === account);
        for (const stream of streams) {
          rows.push(await verifyPlacement(twin, client, stream));
          rows.push(await verifyStorage(twin, client, stream, trust));
        }
      } finally {
        await client.close();
      }
    }
  }
  return rows;
}

function verifyConfiguration(twin: Twin, client: NatsClient, cluster: string, account: string): Promise<VerifyRow> {
  return checkRow("streams", `${cluster}/${account}: streams and consumers as configured`, async () => {
    const plan = await streamsPlan(twin.topology, cluster, account, await client.connection());
    return judgePlan(twin.topology, cluster, account, plan);
  });
}

/** A stream that has just been changed catches up in seconds. */
function verifyPlacement(twin: Twin, client: NatsClient, stream: StreamTopology): Promise<VerifyRow> {
  const desired = stream.placementTags.length > 0 ? `, placed on ${stream.placementTags.join(" ")}` : "";
  return checkRow("streams", `${stream.name}: R${stream.replicas}${desired}`, async () => {
    const jsm = await manager(await client.connection());
    const servers = twin.topology.clusters.flatMap((one) => one.servers);
    return settledResult(async () => {
      const { cluster } = await jsm.streams.info(stream.name);
      const replicas = judgeReplicas(stream.replicas, cluster);
      const placement = judgePlacement(stream.placementTags, servers, cluster);
      return placement.ok ? replicas : { ok: false, seen: `${replicas.seen}; ${placement.seen}` };
    }, patienceMs);
  });
}

/** An example of a subject that matches the wildcard. */
export const exampleOf = (subject: string): string =>
  subject
    .split(".")
    .map((token, i, tokens) =>
      token === "*" ? `natsform${i}` : token === ">" ? `natsform.verify${tokens.length}` : token,
    )
    .join(".");

/** Publishes one message on each subject and on each example, waits for every replica, and deletes it again. */
function verifyStorage(twin: Twin, client: NatsClient, stream: StreamTopology, trust: Trust): Promise<VerifyRow> {
  return checkRow("streams", `${stream.name}: stored by all replicas`, async () => {
    if (stream.denyDelete) return { ok: true, seen: "not tried: the stream denies deletes, a probe would stay in it" };
    const jsm = await manager(await client.connection());
    const subjects = [...new Set([...stream.subjects.map(exampleOf), ...stream.examples.map(exampleOf)])];
    const servers = twin.topology.clusters.find(({ name }) => name === stream.cluster)?.servers ?? [];
    const urls = servers.map(({ name }) => `http://${loopback}:${twin.ports.servers[name]?.monitoring}`);
    let last = "";
    for (const subject of subjects) {
      const { stream: storedBy, seq } = await client.publishToStream(subject, "natsform verify", {
        messageId: randomUUID(),
        timeoutMs: 2000,
        retryForMs: patienceMs,
      });
      try {
        if (storedBy !== stream.name) return { ok: false, seen: `${subject} is stored by ${storedBy}` };
        // Monitoring knows accounts by name in configuration mode and by key in operator mode.
        const account = trust.accounts[stream.account]?.publicKey ?? stream.account;
        const proof = await acknowledgedByAllReplicas(jsm, stream.name, seq, Date.now() + patienceMs, {
          urls,
          account,
        });
        last = `sequence ${seq} on ${Object.keys(proof.lastSequences).sort().join(", ")}`;
      } finally {
        await jsm.streams.deleteMessage(storedBy, seq);
      }
    }
    return { ok: true, seen: `${subjects.join(", ")}; ${last}` };
  });
}
