import { streamAccounts, streamsInbox } from "../../../model/topology";
import { manager } from "../../../runtime/streams/find";
import { toStreamSpecs } from "../../../templates/stream-specs";
import { judgePlan, judgeReplicas, streamsPlan } from "../../core/judge-streams";
import { checkRow, type DeployRow } from "../../core/rows";
import type { DeployTarget } from "../target";
import { withServers } from "./connection";

/** Streams of each account match their configuration, with every replica current. */
export async function checkStreams(target: DeployTarget, name: string): Promise<DeployRow[]> {
  const { topology } = target;
  const accounts = streamAccounts(topology, name);
  if (accounts.length === 0) return [];
  return withServers(target, name, async (connect) => {
    const rows: DeployRow[] = [];
    for (const account of accounts) {
      const connection = await (await connect(`streams-${account}`, streamsInbox)).connection();
      const desired = toStreamSpecs(topology, name, account);
      rows.push(
        await checkRow("streams", `${name}/${account}: as configured`, async () => {
          return judgePlan(topology, name, account, await streamsPlan(topology, name, account, connection));
        }),
      );
      const jsm = await manager(connection);
      for (const stream of desired)
        rows.push(
          await checkRow("streams", `${stream.name}: R${stream.replicas}`, async () =>
            judgeReplicas(stream.replicas, (await jsm.streams.info(stream.name)).cluster),
          ),
        );
    }
    return rows;
  });
}
