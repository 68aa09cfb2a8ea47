import { backlogService, type ClusterTopology } from "../../../model/topology";
import { BACKLOG_GAUGE } from "../../../runtime/backlog/contract";
import { checkRow, type VerifyRow } from "../../core/rows";
import type { Twin } from "../context";
import { loopback } from "../ports";

/** Each service that is scaled by what waits for it is counted for. */
export async function verifyBacklogs(twin: Twin): Promise<VerifyRow[]> {
  return Promise.all(
    twin.topology.clusters.flatMap((cluster) => cluster.backlogs.map((one) => row(twin, cluster, one))),
  );
}

const row = (
  twin: Twin,
  cluster: ClusterTopology,
  { service, account, stream, consumer, perProcess }: ClusterTopology["backlogs"][number],
) =>
  checkRow<VerifyRow["group"]>("services", `${service}: what waits in ${stream}/${consumer} is counted`, async () => {
    const port = twin.ports.backlogs[backlogService(cluster.name, account)];
    const response = await fetch(`http://${loopback}:${port}/metrics`, { signal: AbortSignal.timeout(5000) });
    const line = (await response.text())
      .split("\n")
      .find((text) => text.startsWith(BACKLOG_GAUGE) && text.includes(`nats_service="${service}"`));
    if (line === undefined) return { ok: false, seen: "it is not known how many messages wait" };
    const waiting = Number(line.slice(line.lastIndexOf(" ")));
    return { ok: true, seen: `${waiting} waiting; a process for each ${perProcess}` };
  });
