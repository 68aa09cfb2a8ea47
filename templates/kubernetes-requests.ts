import {
  backlogAccounts,
  type FleetService,
  httpGatewayRun,
  type KubernetesCluster,
  type ProgramName,
  streamAccounts,
  type Topology,
} from "../model/topology";

/** What one container asks its node for: CPUs, and bytes of memory. */
export interface Request {
  cpu: number;
  memory: number;
}

const mib = 2 ** 20;
const request = (cpu: number, memoryMiB: number): Request => ({ cpu, memory: memoryMiB * mib });

/**
 * Requests of natsform's own programs. A responder that has nothing to do takes 0.008 CPUs and 84 MiB (measured on the
 * bundle, probes included), and 1 to 2 ms for each login; it takes what else is free on its node.
 */
export const programRequests = {
  "auth-callout": request(0.05, 256),
  backlog: request(0.02, 128),
  "certificate-renewal": request(0.05, 192),
  streams: request(0.05, 192),
  backup: request(0.1, 512),
  // 500 connections and 10,000 readers take about 150 MiB beside what waits for slow readers.
  "http-gateway": request(0.1, 512),
} satisfies Partial<Record<ProgramName, Request>>;

/** Of a service of the environment, by CPU units of which 1024 are one CPU. */
export const serviceRequest = ({ cpu, memoryBytes }: FleetService): Request => ({
  cpu: cpu / 1024,
  memory: memoryBytes,
});

/** Of programs that are idle most of the time: the chart's reloader and exporter, nats-box. */
export const smallRequest = request(0.05, 64);

/** A request as Kubernetes writes it. */
export const quantities = ({ cpu, memory }: Request) => ({
  cpu: `${Math.round(cpu * 1000)}m`,
  memory: `${Math.floor(memory / mib)}Mi`,
});

/** Responders of a cluster at rest; while they are replaced there is one more. */
export const leastResponders = ({ identity }: Topology): number => Math.max(2, identity.responders);

/** Pods of one kind that are there at the same time. */
export interface PodGroup extends Request {
  what: string;
  count: number;
}

/**
 * All that a cluster asks its nodes for at once while it is deployed: servers with what runs beside them, responders with
 * the one that comes before another goes, and Jobs. The largest pods come first.
 */
export function podGroups(topology: Topology, cluster: KubernetesCluster): PodGroup[] {
  const { platform, backup } = cluster;
  const beside = [platform.reloader, platform.monitoring.exporter].filter(Boolean).length;
  const accounts = streamAccounts(topology, cluster.name).length;
  const jobs = (name: keyof typeof programRequests, count: number) => ({ what: name, count, ...programRequests[name] });
  const groups: PodGroup[] = [
    {
      what: "server",
      count: cluster.servers.length,
      cpu: platform.cpu + beside * smallRequest.cpu,
      memory: platform.memory + beside * smallRequest.memory,
    },
    { what: "responder", count: leastResponders(topology) + 1, ...programRequests["auth-callout"] },
    ...(cluster.httpGateway ? [jobs("http-gateway", httpGatewayRun.least + 1)] : []),
    ...backlogAccounts(cluster.backlogs).map(() => jobs("backlog", 2)),
    // While one is replaced there is one more.
    ...cluster.fleet
      .filter(({ count }) => count > 0)
      .map((service) => ({ what: service.name, count: service.count + 1, ...serviceRequest(service) })),
    ...(platform.natsBox ? [{ what: "nats-box", count: 1, ...smallRequest }] : []),
    ...(cluster.renewsByJob ? [jobs("certificate-renewal", 1)] : []),
    ...(accounts > 0 ? [jobs("streams", accounts)] : []),
    // All accounts have one schedule; a drill may still run when the next backup begins.
    ...(backup ? [jobs("backup", 2 * Math.max(1, accounts))] : []),
  ];
  return groups.sort((a, b) => b.cpu - a.cpu || b.memory - a.memory);
}
