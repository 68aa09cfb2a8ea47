import { allServers, type Twin } from "./context";
import { monitoring } from "./monitoring";

interface Connz {
  connections?: { account?: string; authorized_user?: string; name_tag?: string; start: string }[];
}

/** A connection that a service is logged in on. */
export interface ServiceLogin {
  server: string;
  /** Name of the account, or in operator mode its public key. */
  account: string;
  /** Time of its begin, as the server writes it. */
  start: string;
}

export type ServiceLogins = ReadonlyMap<string, readonly ServiceLogin[]>;

/**
 * Connections of services, by the name that the callout has given each for its key. Nobody else has the name of a service:
 * names of people have a colon, those of fixed users are public keys, and those of accounts have capitals.
 */
export async function serviceLogins({ topology, ports }: Twin): Promise<ServiceLogins> {
  const found = new Map<string, ServiceLogin[]>(Object.keys(topology.identity.services).map((name) => [name, []]));
  for (const { server } of allServers(topology)) {
    const port = ports.servers[server.name]?.monitoring ?? 0;
    const connz = await monitoring<Connz>(port, "/connz?auth=1&limit=65536");
    for (const { authorized_user = "", name_tag = "", account = "", start } of connz?.connections ?? [])
      (found.get(authorized_user) ?? found.get(name_tag))?.push({ server: server.name, account, start });
  }
  return found;
}
