import type { Trust } from "../../../model/config";
import type { ClusterTopology } from "../../../model/topology";
import type { Jsz } from "../../../runtime/client/monitoring";
import { storedStreams } from "../../../runtime/common/stored-streams";
import { type HeldStreams, heldStreams, judgeAccounts } from "../../core/judge-accounts";
import { checkRow, type VerifyRow } from "../../core/rows";
import type { Twin } from "../context";

/** No server holds streams of an account that the trust file does not know. @param ask a server's monitoring port */
export function verifyHeldAccounts(
  twin: Twin,
  { name, servers }: ClusterTopology,
  trust: Trust,
  ask: (server: string, path: string) => Promise<Jsz>,
): Promise<VerifyRow> {
  return checkRow("servers", `${name}: accounts with data are known`, async () => {
    const held = new Map<string, HeldStreams>();
    for (const server of servers) {
      const told = heldStreams(await ask(server.name, "/jsz?accounts=true&streams=true"));
      held.set(server.name, new Map([...storedStreams(twin.folder.server(server.name).store), ...told]));
    }
    return judgeAccounts(twin.topology.identity, trust, held);
  });
}
