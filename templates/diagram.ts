import type { ClusterTopology, Topology } from "../model/topology";

/** A Mermaid flow chart of the topology: connections, and their listeners. */
export function toMermaid(topology: Topology): string {
  const { clusters, streams, identity } = topology;
  const lines = ["flowchart LR", '  clients(["clients and browsers"])'];
  for (const cluster of clusters) lines.push(...clusterLines(cluster, topology));
  for (const { name, leafLinks } of clusters) {
    for (const { hub, account } of leafLinks)
      lines.push(`  ${id(name)} -->|"leaf node, ${account}, 7422 TLS"| ${id(hub)}`);
  }
  for (const stream of streams) {
    const label = `${stream.name} R${stream.replicas}<br/>${stream.subjects.join("<br/>")}`;
    lines.push(`  ${id(stream.cluster)} --- ${id("stream", stream.cluster, stream.name)}[("${quoted(label)}")]`);
  }
  lines.push(`  issuer["OIDC issuer<br/>${quoted(new URL(identity.oidc.issuer).host)}"] -.->|"public keys"| callout`);
  lines.push(`  callout["auth callout<br/>${identity.responders} responders a cluster"]`);
  for (const { name } of clusters) lines.push(`  callout -->|"TLS, account ${identity.calloutAccount}"| ${id(name)}`);
  return lines.join("\n");
}

function clusterLines(cluster: ClusterTopology, topology: Topology): string[] {
  const title = `${cluster.name}: ${cluster.servers.length} servers on ${cluster.platform.kind}, ${topology.nats.version}`;
  const servers = cluster.servers.map(({ name }) => `    ${id(name)}["${name}"]`);
  const routes = cluster.servers.flatMap(({ name }, i) =>
    cluster.servers.slice(i + 1).map((other) => `    ${id(name)} <-->|"mTLS"| ${id(other.name)}`),
  );
  const listeners = cluster.listeners
    .filter(({ name }) => name === "client" || name === "websocket")
    .map(({ name, port }) => `${name} ${port}`);
  return [
    `  subgraph ${id(cluster.name)}["${quoted(title)}"]`,
    ...servers,
    ...routes,
    "  end",
    `  clients -->|"${listeners.join(", ")} TLS"| ${id(cluster.name)}`,
  ];
}

/** Mermaid takes letters, digits and underscores, and keeps words such as `end` for itself. */
const id = (...parts: string[]) => `n_${parts.join("_").replace(/[^A-Za-z0-9]/g, "_")}`;
const quoted = (text: string) => text.replace(/"/g, "#quot;");
