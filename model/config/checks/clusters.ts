import type { Problem } from "../problem";
import { type Check, clustersOf, type Dict, dict, text, unknownName } from "./raw";

export const hasClusters: Check = (env) =>
  env.clusters !== undefined && Object.keys(dict(env.clusters)).length === 0
    ? [{ path: ["clusters"], got: env.clusters, message: "must hold at least one cluster" }]
    : [];

export const sizes: Check = (env) =>
  clustersOf(env).flatMap(([name, cluster]) => {
    const machines = dict(cluster.platform).hosts;
    const size = cluster.size;
    if (dict(cluster.platform).kind !== "hosts" || !Array.isArray(machines) || size === undefined) return [];
    return size === machines.length
      ? []
      : [
          {
            path: ["clusters", name, "size"],
            got: size,
            message: `must be the number of hosts, ${machines.length}`,
            fix: "leave it out",
          },
        ];
  });

export const leafLinks: Check = (env) => {
  const clusters = new Map(clustersOf(env));
  return [...clusters].flatMap(([name, cluster]) => {
    const target = text(dict(cluster.leafOf).cluster);
    if (target === undefined) return [];
    const path = ["clusters", name, "leafOf", "cluster"];
    const hub = clusters.get(target);
    if (target === name) return [{ path, got: target, message: "is the cluster itself" }];
    if (!hub) return [unknownName(path, target, "cluster", [...clusters.keys()])];
    const problems: Problem[] = [];
    if (hub.leafHub !== true) {
      problems.push({
        path,
        got: target,
        message: "does not accept leaf nodes",
        fix: `set clusters.${target}.leafHub to true`,
      });
    }
    const seen = new Set([name]);
    for (let at: string | undefined = target; at !== undefined; at = text(dict(clusters.get(at)?.leafOf).cluster)) {
      if (at === name) {
        problems.push({
          path,
          got: target,
          message: "closes a circle of leaf nodes, in which messages would run for ever",
        });
        break;
      }
      if (seen.has(at)) break;
      seen.add(at);
    }
    const domainOf = (key: string, of: Dict) => dict(of.jetstream).domain ?? key;
    if (
      cluster.jetstream !== undefined &&
      hub.jetstream !== undefined &&
      domainOf(name, cluster) === domainOf(target, hub)
    ) {
      problems.push({
        path: ["clusters", name, "jetstream", "domain"],
        got: domainOf(name, cluster),
        message: `is the JetStream domain of hub ${target} too; streams of both would be mixed up`,
      });
    }
    return problems;
  });
};

export const vaultIssuer: Check = (env) =>
  clustersOf(env).flatMap(([name, cluster]) => {
    const tls = dict(cluster.tls);
    const on = dict(cluster.platform).kind;
    const path = ["clusters", name, "tls"];
    if (tls.issuer === "vault") {
      return ["mount", "role"]
        .filter((key) => tls[key] === undefined)
        .map((key) => ({
          path: [...path, key],
          got: undefined,
          message: "is required when Vault issues certificates",
          fix: `for example ${key === "mount" ? "pki-int" : "nats-cluster"}`,
        }));
    }
    const cloudOnly = tls.issuer === "acm-pca" || tls.issuer === "certificate-manager";
    return cloudOnly && typeof on === "string" && !on.startsWith("aws-")
      ? [
          {
            path: [...path, "issuer"],
            got: tls.issuer,
            message: `runs on AWS only; the platform is ${on}`,
            fix: "use vault or local",
          },
        ]
      : [];
  });
