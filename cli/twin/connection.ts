import type { Environment, Trust } from "../../model/config";
import { type ClusterTopology, doesOf } from "../../model/topology";
import { inboxPrefix } from "../../runtime/client";
import { type Connection, shownSub } from "../../templates/connection";
import { connectFile } from "./connect-file";
import type { Twin } from "./context";

/** Who a program is: a service with a key of its own, or whoever holds a token. */
export type Who = { service: string } | { sub: string };

/** How a program connects to a cluster of the twin. @param trust the twin's own */
export function twinConnection(twin: Twin, trust: Trust, cluster: ClusterTopology, who: Who): Connection {
  const file = connectFile(twin, trust);
  const servers = file.servers.filter((server) => server.cluster === cluster.name);
  const common = {
    environment: file.environment,
    cluster: cluster.name,
    of: "twin" as const,
    servers: servers.map(({ client }) => client),
    websocket: servers.flatMap(({ websocket }) => websocket ?? []),
    caFile: file.caFile,
    sentinel: file.sentinel,
    todo: [],
  };
  if ("sub" in who) {
    const { issuer, audience } = file.issuer;
    const command = `natsform token ${file.environment} --sub ${shownSub(who.sub)}`;
    const login = { by: "token" as const, sub: who.sub, issuer, audience, command };
    return { ...common, login, inboxPrefix: inboxPrefix(who.sub) };
  }
  const own = file.services[who.service];
  return {
    ...common,
    login: { by: "nkey", service: who.service, nkey: own?.nkey ?? "", seedFile: own?.seedFile },
    inboxPrefix: own?.inboxPrefix ?? "",
    ...saidOf(twin.environment, who.service),
  };
}

/** What the environment says of a service. */
export function saidOf(environment: Environment, name: string): Pick<Connection, "account" | "does"> {
  const service = environment.identity.services[name];
  return service ? { account: service.account, does: doesOf(name, service, environment) } : {};
}
