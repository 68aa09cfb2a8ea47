import type { Problem } from "../problem";
import { type Check, clustersOf, type Dict, dict, isDict, list, sizeOf, text, unknownName } from "./raw";

/** A service that natsform runs, as it is written. */
interface Running {
  name: string;
  service: Dict;
  runs: Dict;
  path: Problem["path"];
  /** Clusters that it may run beside: one, where it is known. */
  clusters: string[];
}

/** Services that natsform runs have a cluster, a name that nothing else there has, and consumers of their own. */
export const fleets: Check = (env) => {
  const known = clustersOf(env).map(([name]) => name);
  const running = Object.entries(dict(dict(env.identity).services)).flatMap(([name, value]): Running[] => {
    const service = dict(value);
    if (!isDict(service.runs)) return [];
    const cluster = text(service.runs.cluster);
    const path = ["identity", "services", name, "runs"];
    return [{ name, service, runs: service.runs, path, clusters: cluster === undefined ? known : [cluster] }];
  });
  return [
    ...running.flatMap((one) => [...cluster(one, known), ...scale(one), ...platform(env, one)]),
    ...names(env, running),
  ];
};

function cluster({ runs, path, clusters }: Running, known: readonly string[]): Problem[] {
  const at = [...path, "cluster"];
  const named = text(runs.cluster);
  if (named !== undefined && !known.includes(named)) return [unknownName(at, named, "cluster", known)];
  if (runs.cluster !== undefined || clusters.length === 1 || known.length === 0) return [];
  const message = "is required where there are several clusters";
  return [{ path: at, got: runs.cluster, message, fix: `one of ${known.join(", ")}` }];
}

function scale({ service, runs, path }: Running): Problem[] {
  const { most, backlog } = dict(runs.scale);
  const least = runs.count ?? 2;
  const consumer = text(dict(backlog).consumer);
  const used = list(dict(service.uses).consumers).flatMap((one) => text(one) ?? []);
  return [
    ...(typeof most === "number" && typeof least === "number" && most < least
      ? [{ path: [...path, "scale", "most"], got: most, message: `is less than count, the least: ${least}` }]
      : []),
    ...(least === 0 && isDict(runs.scale) && backlog === undefined
      ? [
          {
            path: [...path, "count"],
            got: least,
            message: "leaves nothing whose load could bring a first process back",
            fix: "at least 1, or scale.backlog",
          },
        ]
      : []),
    ...(consumer === undefined || used.includes(consumer)
      ? []
      : [
          {
            path: [...path, "scale", "backlog", "consumer"],
            got: consumer,
            message: "is no consumer that the service uses",
            fix: used.length > 0 ? `one of ${used.join(", ")}` : "add it to uses.consumers",
          },
        ]),
  ];
}

/** On ECS a task family takes the name of environment, cluster and service, and its roles that and an end. */
const roleNameLength = 64 - "-start".length;

function platform(env: Dict, { name, path, clusters }: Running): Problem[] {
  const [only, ...others] = clusters;
  const kind = text(dict(dict(dict(env.clusters)[only ?? ""]).platform).kind);
  const environment = text(env.name);
  if (others.length > 0 || kind !== "aws-ecs" || environment === undefined) return [];
  const whole = `${environment}-${only}-${name}`;
  return whole.length <= roleNameLength
    ? []
    : [
        {
          path,
          got: name,
          message: `is too long with the names of environment and cluster: ${whole} has ${whole.length} characters, and AWS leaves ${roleNameLength}`,
          fix: "shorten one of them",
        },
      ];
}

/**
 * Names of what natsform runs beside a cluster itself: its programs, in the forms that platforms and the twin give them,
 * and servers.
 */
const ownPrograms = [
  ...["auth-callout", "http-gateway", "streams", "backup", "backlog"],
  ...["certificate-agent", "certificate-manager", "certificate-renewal", "dns-sync"],
];
const ownName = (name: string) =>
  name === "oidc-issuer" || ownPrograms.some((own) => name === own || name.startsWith(`${own}-`));

function names(env: Dict, running: readonly Running[]): Problem[] {
  const fix = "rename one of both";
  const owners = new Map<string, string>();
  for (const [cluster, value] of clustersOf(env))
    for (let i = 0; i < Math.min(sizeOf(value) ?? 0, 15); i++) owners.set(`${cluster}-${i}`, `a server of ${cluster}`);
  return running.flatMap(({ name, path, clusters }): Problem[] => {
    if (ownName(name)) return [{ path, got: name, message: "has the name of a program of natsform", fix }];
    const own = owners.get(name);
    if (own) return [{ path, got: name, message: `has the name of ${own}`, fix }];
    // Joined with its cluster's name, it may read as that of another one.
    return clusters.flatMap((cluster) => {
      const whole = `${cluster}-${name}`;
      const program = clustersOf(env).find(
        ([other]) => other !== cluster && whole.startsWith(`${other}-`) && ownName(whole.slice(other.length + 1)),
      );
      const owner = owners.get(whole) ?? (program ? `a program of ${program[0]}` : undefined);
      if (owner === undefined) owners.set(whole, `service ${name} beside ${cluster}`);
      return owner === undefined ? [] : [{ path, got: name, message: `is called ${whole}, as ${owner} is`, fix }];
    });
  });
}
