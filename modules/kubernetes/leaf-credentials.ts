import { loginKey } from "../../model/topology";
import { hubUrls } from "../../templates/nats-conf";
import type { KubernetesContext } from "./context";

/** URLs and names of the keys of each leaf of a hub. The keys themselves are never included. */
export function leafCredentials({ environment, topology, cluster }: KubernetesContext) {
  const deployed = topology.clusters.flatMap(({ name, leafLinks }) => ({
    name,
    links: leafLinks.filter(({ hub }) => hub === cluster.name),
  }));
  const leafs = [...deployed, ...cluster.foreignLeafs].filter(({ links }) => links.length > 0);
  return Object.fromEntries(
    leafs.map(({ name, links }) => [
      name,
      {
        urls: hubUrls(cluster),
        keys: Object.fromEntries(links.map(({ account, user }) => [account, loginKey(topology, user)])),
        command: `natsform leaf-credentials ${environment.name} ${name}`,
      },
    ]),
  );
}
