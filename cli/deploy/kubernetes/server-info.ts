import type { NatsConnection } from "@nats-io/transport-node";
import { Jsz, Leafz, Routez, Varz } from "../../../runtime/client/monitoring";
import { type Answers, askServers } from "../../core/ask-servers";

export interface ServerInfo {
  varz: Answers<Varz>;
  routez: Answers<Routez>;
  jsz: Answers<Jsz>;
  leafz: Answers<Leafz>;
}

/** Collects every report that checks need. */
export async function collectServerInfo(sys: NatsConnection): Promise<ServerInfo> {
  const [varz, routez, jsz, leafz] = await Promise.all([
    askServers(sys, "VARZ", Varz),
    askServers(sys, "ROUTEZ", Routez),
    // Without their streams: of all accounts these may be thousands.
    askServers(sys, "JSZ", Jsz, { options: { accounts: true } }),
    askServers(sys, "LEAFZ", Leafz),
  ]);
  return { varz, routez, jsz, leafz };
}
