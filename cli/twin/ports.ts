import { createServer } from "node:net";
import { join } from "node:path";
import { z } from "zod";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { backlogAccounts, backlogService, type ListenerName, type Topology } from "../../model/topology";
import { readOwn } from "../core/own-file";
import { UserError } from "../core/project";
import type { TwinFolder } from "../core/twin-folder";
import { named } from "./running";

export const loopback = "127.0.0.1";

/**
 * Every port of a twin: one block of 500, ten for each server. The last digit tells the listener, after its real port:
 * 2 client (4222), 4 WebSocket (443), 6 routes (6222), 7 leaf nodes (7422), 8 monitoring (8222).
 */
export interface TwinPorts {
  /** First port of the block, a multiple of ten. */
  base: number;
  servers: Record<string, Partial<Record<ListenerName, number>>>;
  /** HTTP ports of the auth callout's responders. */
  responders: Record<string, number>;
  /** Of the HTTP gateways, by the name of the program: for callers, and for health and metrics. */
  httpGateways: Record<string, { callers: number; admin: number }>;
  /** Of what counts the messages that wait for services, by the name of the program. */
  backlogs: Record<string, number>;
  issuer: number;
}

const lastDigit: Record<ListenerName, number> = { client: 2, websocket: 4, routes: 6, leafnodes: 7, monitoring: 8 };
const blockSize = 500;
const programsAt = 400;
const Stored = z.object({
  base: z
    .int()
    .multipleOf(10)
    .min(1024)
    .max(65_535 - blockSize),
});
/** From 14220, so that the first client port is 14222, to below the ports that systems give to clients. */
const bases = Array.from({ length: 37 }, (_, i) => 14_220 + blockSize * i);

/** The ports of a twin whose block begins at `base`. Pure. */
export function allocatePorts(topology: Topology, base: number): TwinPorts {
  const servers: TwinPorts["servers"] = {};
  const responders: TwinPorts["responders"] = {};
  const httpGateways: TwinPorts["httpGateways"] = {};
  const backlogs: TwinPorts["backlogs"] = {};
  let next = base;
  let program = base + programsAt + 1;
  for (const cluster of topology.clusters) {
    for (const server of cluster.servers) {
      const first = next;
      servers[server.name] = Object.fromEntries(cluster.listeners.map(({ name }) => [name, first + lastDigit[name]]));
      next += 10;
    }
    for (let i = 0; i < topology.identity.responders; i++) responders[responderName(cluster.name, i)] = program++;
  }
  // After all responders: theirs stay when a gateway is added.
  for (const { httpGateway } of topology.clusters)
    if (httpGateway) httpGateways[httpGateway.service] = { callers: program++, admin: program++ };
  for (const { name, backlogs: counted } of topology.clusters)
    for (const account of backlogAccounts(counted)) backlogs[backlogService(name, account)] = program++;
  if (next > base + programsAt || program > base + blockSize) {
    throw new UserError("the twin has more servers or responders than its block of ports can hold");
  }
  return { base, servers, responders, httpGateways, backlogs, issuer: base + programsAt };
}

export const responderName = (cluster: string, ordinal: number) => `auth-callout-${cluster}-${ordinal}`;

export const responderNames = (ports: TwinPorts) => Object.entries(ports.responders);

/** Listener of each port, for messages: `core-0 client`. */
export function portOwners(ports: TwinPorts): Map<number, string> {
  const owners = new Map<number, string>([[ports.issuer, "OIDC issuer"]]);
  for (const [server, listeners] of Object.entries(ports.servers)) {
    for (const [listener, port] of Object.entries(listeners)) owners.set(port, `${server} ${listener}`);
  }
  for (const [name, port] of Object.entries(ports.responders)) owners.set(port, name);
  for (const [name, { callers, admin }] of Object.entries(ports.httpGateways))
    owners.set(callers, name).set(admin, name);
  for (const [name, port] of Object.entries(ports.backlogs)) owners.set(port, name);
  return owners;
}

/** True when nothing listens on the port of the loopback address. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: loopback, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** The ports, of these, that are in use. */
export async function takenPorts(ports: Iterable<number>): Promise<number[]> {
  const taken: number[] = [];
  for (const port of ports) if (!(await isFree(port))) taken.push(port);
  return taken;
}

/**
 * First port of the previous run's block; `undefined` without a previous run. Servers that were laid before keep their
 * ports: with others everything that runs would be restarted.
 *
 * @throws UserError when the file is damaged, or gone while the configurations of servers are there
 */
export function storedBase({ root, ports }: TwinFolder): number | undefined {
  const confs = basesInConfigurations(root);
  const written = confs.length > 0 ? Math.min(...confs) : undefined;
  const fix = `write {"base":${written ?? bases[0]}} into it${written === undefined ? ", with the number of before" : ""}`;
  const base = readOwn(ports, (text) => Stored.parse(JSON.parse(text)).base, fix);
  if (base === undefined && written !== undefined)
    throw new UserError(`${ports} is missing, and the twin's servers have ports from ${written}`, fix);
  return base;
}

/** The same where it does not matter why it is not known. */
export function knownBase(folder: TwinFolder): number | undefined {
  try {
    return storedBase(folder);
  } catch {
    return undefined;
  }
}

/** First ports that the configurations of servers would have if each were the first server. */
function basesInConfigurations(root: string): number[] {
  const servers = join(root, "servers");
  return named(servers).flatMap((name) => {
    const port = /^port: ([0-9]+)$/m.exec(readIfThere(join(servers, name, "nats.conf")) ?? "")?.[1];
    return port === undefined ? [] : [Number(port) - lastDigit.client];
  });
}

/** Ports of a twin: those of the run before, others, or the block that begins at a given one. */
export type PortChoice = "same" | "new" | number;

/**
 * Ports of the twin. Without a choice those of the run before, so that contexts and bookmarks stay right; on the first
 * run the first block in which every port is free and that no other twin of the project claims.
 *
 * @throws UserError when no block is left, or the one asked for is not free
 */
export async function choosePorts(
  topology: Topology,
  folder: TwinFolder,
  choice: PortChoice,
  claimed: ReadonlyMap<string, number>,
): Promise<TwinPorts> {
  const before = choice === "same" ? storedBase(folder) : knownBase(folder);
  if (choice === "same" && before !== undefined) return allocatePorts(topology, before);
  const holderOf = (base: number) => [...claimed].find(([, other]) => Math.abs(other - base) < blockSize)?.[0];
  if (typeof choice === "number" && holderOf(choice) !== undefined) {
    throw new UserError(
      `ports ${choice} to ${choice + blockSize - 1} overlap those of the twin of ${holderOf(choice)}`,
      "--ports new takes a block that no other twin has",
    );
  }
  const candidates =
    typeof choice === "number" ? [choice] : bases.filter((base) => holderOf(base) === undefined && base !== before);
  let names = "";
  for (const base of candidates) {
    const ports = allocatePorts(topology, base);
    const owners = portOwners(ports);
    const taken = await takenPorts(owners.keys());
    if (taken.length === 0) {
      writeFileAtomically(folder.ports, `${JSON.stringify({ base })}\n`);
      return ports;
    }
    names = taken.map((port) => `${port} (${owners.get(port)})`).join(", ");
  }
  throw new UserError(
    `no free block of ports; in the last one, another program uses ${names}`,
    "--ports NUMBER chooses where the block begins",
  );
}
