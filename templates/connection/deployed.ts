import type { ClusterTopology } from "../../model/topology";
import { platformModel } from "../../model/topology";
import type { Connection } from "./connection";

/** Addresses of a deployed cluster, and whose certificates they have. */
export function deployedAddresses({
  platform,
  listeners,
  certificates,
  servers,
}: ClusterTopology): Pick<Connection, "servers" | "websocket" | "todo"> & { privateAuthority: boolean } {
  const model = platformModel(platform);
  const listener = (name: string) => listeners.find((one) => one.name === name);
  const names = (id: string) => certificates.find((one) => one.id === id)?.names ?? [];
  const client = listener("client");
  const isPublic = client?.certificates.includes("public") ?? false;
  const [publicName] = names("public");
  const hosts = servers.map(({ host }) => host);
  // A name that all servers answer to, where the platform has one: in full, as it is reached from everywhere inside.
  const shared = names("internal")
    .filter((name) => !hosts.includes(name))
    .at(-1);
  const reached = isPublic && publicName !== undefined ? [publicName] : shared === undefined ? hosts : [shared];
  const web = listener("websocket");
  // An Ingress has HTTPS's own port, whatever the servers listen on.
  const webPort = model.publicName.servedBy === "ingress" ? 443 : web?.port;
  const webNames = publicName === undefined ? reached : [publicName];
  return {
    servers: reached.map((name) => `tls://${name}:${client?.port}`),
    websocket: web ? webNames.map((name) => `wss://${name}:${webPort}`) : [],
    privateAuthority: !isPublic,
    todo: [
      ...(client?.exposure === "internal"
        ? ["clients reach these addresses from inside the platform's network alone"]
        : []),
      ...(isPublic ? [] : ["NATS_CA_FILE: the authority that signed the servers' internal certificates"]),
    ],
  };
}
