import { loadTrust, trustFile } from "../../model/config/load";
import { platformSite, toNatsConf } from "../../templates/nats-conf";
import { openEnvironment } from "../core/environment";
import { print } from "../core/output";
import { UserError } from "../core/project";

interface RenderOptions {
  cluster?: string;
  server?: string;
}

export async function render(name: string, options: RenderOptions): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const trust = loadTrust(trustFile(name, root), root);
  const chosen = topology.clusters.flatMap((cluster) =>
    cluster.servers
      .filter((server) => (options.server ?? server.name) === server.name)
      .filter(() => (options.cluster ?? cluster.name) === cluster.name)
      .map((server) => ({ cluster, server })),
  );
  if (chosen.length === 0) {
    const known = topology.clusters.flatMap(({ name, servers }) => servers.map((server) => `${name}/${server.name}`));
    throw new UserError(`${name} has no such server`, `known: ${known.join(", ")}`);
  }
  const texts = chosen.map(({ cluster, server }) => {
    const text = toNatsConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
    return chosen.length === 1 ? text : `# ${cluster.name}/${server.name}\n${text}`;
  });
  print(texts.join("\n").trimEnd());
}
