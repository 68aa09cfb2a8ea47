import type { NatsConnection } from "@nats-io/transport-node";
import type { Trust } from "../../../model/config";
import type { Topology } from "../../../model/topology";
import { type HeldStreams, heldStreams, isKnownAccount, judgeAccounts } from "../../core/judge-accounts";
import type { DeployRow } from "../../core/rows";
import { streamsOf } from "../ask-cluster";
import type { ServerInfo } from "./server-info";

/** No server holds streams of an account that the trust file does not know. */
export async function checkAccounts(
  { identity }: Topology,
  trust: Pick<Trust, "accounts">,
  cluster: string,
  { jsz }: Pick<ServerInfo, "jsz">,
  sys: NatsConnection,
): Promise<DeployRow> {
  const accounts = new Set([...jsz.values()].flatMap((one) => [...heldStreams(one).keys()]));
  const unknown = [...accounts].filter((account) => !isKnownAccount(identity, trust, account));
  const held = new Map<string, HeldStreams>();
  for (const account of unknown) {
    for (const [server, one] of await streamsOf(sys, account))
      held.set(server, new Map([...(held.get(server) ?? []), ...heldStreams(one)]));
  }
  const judged = judgeAccounts(identity, trust, held);
  const seen = judged.ok ? `${accounts.size} on the servers` : judged.seen;
  return { group: "servers", what: `${cluster}: accounts with data are known`, ...judged, seen };
}
