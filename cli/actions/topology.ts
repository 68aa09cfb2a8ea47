import type { Topology } from "../../model/topology";
import { toMermaid } from "../../templates/diagram";
import { openEnvironment } from "../core/environment";
import { print, printJson, table } from "../core/output";

export async function topology(name: string, options: { json?: boolean; mermaid?: boolean }): Promise<void> {
  const { topology } = await openEnvironment(name);
  if (options.json) printJson(topology);
  else print(options.mermaid ? toMermaid(topology) : describe(topology));
}

function describe(topology: Topology): string {
  const { identity } = topology;
  const clusters = topology.clusters.flatMap((cluster) => [
    `\ncluster ${cluster.name} (${cluster.natsName}) on ${cluster.platform.kind}`,
    table([
      ["SERVER", "HOST", "TAGS"],
      ...cluster.servers.map(({ name, host, tags }) => [name, host, tags.join(" ") || "-"]),
    ]),
    "",
    table([
      ["LISTENER", "PORT", "REACHED BY", "CERTIFICATES"],
      ...cluster.listeners.map(({ name, port, exposure, certificates }) => [
        name,
        String(port),
        exposure,
        certificates.join(", ") || "no TLS",
      ]),
    ]),
    "",
    table([
      ["CERTIFICATE", "SIGNED BY", "USAGES", "NAMES"],
      ...cluster.certificates.map(({ id, signer, issuer, usages, names }) => [
        id,
        `${signer} (CA ${issuer})`,
        usages.join("+"),
        names.join(" "),
      ]),
    ]),
    ...cluster.leafLinks.map(({ hub, account }) => `\nleaf node of ${hub}, account ${account}`),
  ]);
  return [
    `environment ${topology.environment}, nats-server ${topology.nats.version}, identity ${identity.mode}`,
    ...clusters,
    "",
    table([
      ["ACCOUNT", "JETSTREAM", "USERS KNOWN TO SERVERS"],
      ...identity.accounts.map(({ name, jetstream }) => [
        name,
        jetstream ? "yes" : "no",
        identity.users
          .filter(({ account }) => account === name)
          .map((user) => user.name)
          .join(" ") || "-",
      ]),
    ]),
    ...(topology.streams.length > 0
      ? [
          "",
          table([
            ["STREAM", "CLUSTER", "ACCOUNT", "R", "SUBJECTS", "CONSUMERS"],
            ...topology.streams.map(({ name, cluster, account, replicas, subjects, consumers }) => [
              name,
              cluster,
              account,
              String(replicas),
              subjects.join(" "),
              consumers.map((consumer) => consumer.name).join(" ") || "-",
            ]),
          ]),
        ]
      : []),
  ].join("\n");
}
