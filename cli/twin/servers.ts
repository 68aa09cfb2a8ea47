import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { promisify } from "node:util";
import { privateFile, privateFolder, readIfThere, writeFileAtomically } from "../../artifacts/files";
import type { Trust } from "../../model/config";
import type { ClusterTopology, ServerTopology } from "../../model/topology";
import type { Healthz, Jsz, Routez, Varz } from "../../runtime/client/monitoring";
import { printConf, restartDigest } from "../../templates/nats-conf";
import { lockStore } from "../../templates/store-lock";
import { lastLines, poll, runningProcess, signalProcess, startProcess, stopProcess } from "../core/processes";
import { UserError } from "../core/project";
import type { ServerFolder } from "../core/twin-folder";
import { twinConf } from "./conf";
import type { Twin } from "./context";
import { monitoring } from "./monitoring";
import { portOwners, takenPorts } from "./ports";

/** Step that makes a server run the rendered configuration. */
export type ServerStep = "start" | "keep" | "reload" | "restart";

export interface PlannedServer {
  cluster: ClusterTopology;
  server: ServerTopology;
  folder: ServerFolder;
  text: string;
  restart: string;
  loaded: string;
  step: ServerStep;
}

/** File with the digest of the settings that the server was started with and only a restart can change. */
const restartFile = (folder: ServerFolder) => `${folder.conf}.restart`;
/**
 * File with the digest of the configuration that the server has loaded, written afterwards: an `up` that was
 * interrupted, or whose reload was refused, leaves the old digest, and the next `up` reloads again.
 */
const loadedFile = (folder: ServerFolder) => `${folder.conf}.loaded`;

/** Compares the running server with the rendered configuration. Writes nothing. */
export function planServer(twin: Twin, cluster: ClusterTopology, server: ServerTopology, trust: Trust): PlannedServer {
  const folder = twin.folder.server(server.name);
  const conf = twinConf(twin, cluster, server, trust);
  const text = printConf(conf);
  // Another nats-server is another process, even where it reads the same configuration.
  const restart = `${twin.topology.nats.version} ${restartDigest(conf)}`;
  const loaded = loadedDigest(twin, cluster, text);
  return { cluster, server, folder, text, restart, loaded, step: stepOf(folder, restart, loaded) };
}

function stepOf(folder: ServerFolder, restart: string, loaded: string): ServerStep {
  if (!runningProcess(folder)) return "start";
  if (readIfThere(restartFile(folder)) !== restart) return "restart";
  return readIfThere(loadedFile(folder)) === loaded ? "keep" : "reload";
}

/** Digest of everything that a server reads when it loads its configuration, including the files that it names. */
function loadedDigest({ folder }: Twin, cluster: ClusterTopology, text: string): string {
  const hash = createHash("sha256").update(text);
  for (const { id, issuer } of cluster.certificates) {
    const { cert, key } = folder.certificate(cluster.name, id);
    for (const path of [cert, key, folder.trusted(issuer, cluster.name)]) hash.update(readIfThere(path) ?? "");
  }
  for (const { user } of cluster.leafLinks)
    for (const file of [`${user}.conf`, `${user}.creds`]) hash.update(readIfThere(folder.credentials(file)) ?? "");
  return hash.digest("hex");
}

function writeConf({ folder, text }: PlannedServer): void {
  mkdirSync(folder.store, { recursive: true, mode: privateFolder });
  writeFileAtomically(folder.conf, text, privateFile);
}

function recordLoaded({ folder, restart, loaded }: PlannedServer): void {
  writeFileAtomically(restartFile(folder), restart, privateFile);
  writeFileAtomically(loadedFile(folder), loaded, privateFile);
}

/** @throws UserError when another process holds a port, or the server does not start */
export async function startServer(twin: Twin, planned: PlannedServer, natsServer: string): Promise<void> {
  await assertPortsFree(twin, Object.values(twin.ports.servers[planned.server.name] ?? {}));
  writeConf(planned);
  // Before it runs: an up that is killed now leaves a server that the next one knows, and has no reason to restart.
  writeFileAtomically(restartFile(planned.folder), planned.restart, privateFile);
  await startProcess(planned.folder, { ...withStore(planned.folder, natsServer), env: {} });
  recordLoaded(planned);
}

/**
 * Command line of a server that has the lock of its store: where one's own server is not recognised, such as one in another
 * container or one that was started by hand the same way, the second never opens the store. The shell becomes the server.
 */
export function withStore({ store, lastArguments }: ServerFolder, natsServer: string) {
  const lock = lockStore({ store, waitSeconds: 10, without: "go on" });
  return { command: "/bin/sh", args: ["-c", `stopping=\n${lock}exec "$@"`, "sh", natsServer, ...lastArguments] };
}

export async function assertPortsFree(twin: Twin, ports: readonly number[]): Promise<void> {
  const taken = await takenPorts(ports);
  if (taken.length === 0) return;
  const owners = portOwners(twin.ports);
  const names = taken.map((port) => `${port} (${owners.get(port) ?? "?"})`).join(", ");
  const name = twin.topology.environment;
  throw new UserError(
    `in use by another program: port ${names}`,
    `stop what listens there (ss -ltnp shows it), or take other ports: natsform up ${name} --ports new`,
  );
}

/**
 * What a server says of a stream whose creation was cut off, by a kill or a power cut: there is a folder, and nothing in it
 * that says what it is (2.15.2). It takes the stream for lost until it is created again.
 */
const halfMadeStream = /^JetStream stream '.*' could not be recovered$/;

export interface ReadyOptions {
  /** Streams whose creation was cut off may be missing: they are created next. */
  streamsLater?: boolean;
  /** Members of the meta group that are still to leave it. @default 0 */
  leaving?: number;
}

/**
 * Waits until a server is healthy and has its routes.
 *
 * @throws UserError with its log when it ends meanwhile
 */
export async function serverReady(
  twin: Twin,
  { server, folder, cluster }: PlannedServer,
  timeoutMs: number,
  { streamsLater, leaving = 0 }: ReadyOptions = {},
): Promise<void> {
  const port = twin.ports.servers[server.name]?.monitoring ?? 0;
  const ready = await poll(async () => {
    if (!runningProcess(folder)) {
      const said = diagnosis(folder);
      throw new UserError(
        `${server.name} ended: ${said}`,
        wayOut(said, twin.topology.environment, server.name, folder),
      );
    }
    const health = await monitoring<Healthz>(port, "/healthz");
    if (health?.status !== "ok" && !(streamsLater && halfMadeStream.test(health?.error ?? ""))) return false;
    const routes = await monitoring<Routez>(port, "/routez");
    const peers = new Set(routes?.routes?.map((route) => route.remote_name));
    const others = cluster.servers.map(({ name }) => name).filter((name) => name !== server.name);
    if (others.some((name) => !peers.has(name))) return false;
    if (!cluster.jetstream || cluster.servers.length === 1) return true;
    const jsz = await monitoring<Jsz>(port, "/jsz");
    const { leader, cluster_size: members = 0 } = jsz?.meta_cluster ?? {};
    return Boolean(leader) && members >= cluster.servers.length && members <= cluster.servers.length + leaving;
  }, timeoutMs);
  if (ready) return;
  const health = await monitoring<Healthz>(port, "/healthz");
  const jsz = await monitoring<Jsz>(port, "/jsz");
  const state = health?.error ?? (health ? incomplete(jsz, cluster) : "its monitoring port does not answer");
  throw new UserError(`${server.name} is not ready after ${timeoutMs / 1000} s: ${state}`, `see ${folder.log}`);
}

/** What a server lacks that is healthy and not ready. */
function incomplete(jsz: Jsz | undefined, { servers }: ClusterTopology): string {
  const { leader, cluster_size: members = servers.length } = jsz?.meta_cluster ?? {};
  if (members > servers.length)
    return `the meta group has ${members} members, and the environment ${servers.length} servers: others have left without being removed`;
  if (leader && members < servers.length)
    return `the meta group has not taken ${servers.length - members} of its servers in; one that was taken out comes back after five minutes at the earliest, and then natsform up goes on`;
  return jsz?.meta_cluster && !leader ? "the meta group has no leader" : "its routes are not complete";
}

/** What to do about a server that has ended: with a damaged disk it never starts, however often it is told to. */
export function wayOut(said: string, environment: string, server: string, { log }: { log: string }): string {
  if (!said.includes("snapshot corrupt")) return `see ${log}`;
  const heals = `natsform heal ${environment} ${server} empties it where the others are current`;
  return `its disk is damaged; ${heals}: docs/runbooks/server-does-not-come-back.md; see ${log}`;
}

/** The last error lines of a log, or its last lines. */
export function diagnosis(folder: { log: string }): string {
  const lines = lastLines(folder.log, 40);
  const errors = lines.filter((line) => /\[(FTL|ERR)\]|nats-server:|Error:/.test(line));
  return (errors.length > 0 ? errors : lines).slice(-3).join("\n    ") || "its log is empty";
}

/** Longer than any reload takes: a slow reload must not be taken for a refused one. */
const reloadTimeoutMs = 30_000;

/** Makes a server load a new configuration or new certificates, and waits until it reports them. */
export async function reloadServer(twin: Twin, planned: PlannedServer, natsServer: string): Promise<void> {
  writeConf(planned);
  const digest = await configDigest(natsServer, planned.folder.conf);
  const port = twin.ports.servers[planned.server.name]?.monitoring ?? 0;
  const before = (await monitoring<Varz>(port, "/varz"))?.config_load_time;
  signalProcess(planned.folder, "SIGHUP");
  const done = await poll(async () => {
    const varz = await monitoring<Varz>(port, "/varz");
    // New certificates leave the digest as it is; the time moves with every reload that is not refused.
    return varz?.config_digest === digest && varz.config_load_time !== before;
  }, reloadTimeoutMs);
  if (!done) {
    throw new UserError(`${planned.server.name} refused its new configuration: ${diagnosis(planned.folder)}`);
  }
  recordLoaded(planned);
}

/** Longer than lame duck mode itself, so that it can end by itself. */
export const lameDuckTimeoutMs = 45_000;

/** Stops a server gracefully: it hands over leadership and moves its clients away before it ends. */
export const stopServer = (folder: ServerFolder, timeoutMs = lameDuckTimeoutMs) =>
  stopProcess(folder, "SIGUSR2", timeoutMs);

/** The digest nats-server computes of a configuration as it parses it: equal text is not needed for equal servers. */
export async function configDigest(natsServer: string, conf: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(natsServer, ["-t", "-c", conf], { env: {} });
  const digest = /sha256:[0-9a-f]{64}/.exec(stdout + stderr)?.[0];
  if (!digest) throw new Error(`nats-server -t printed no digest for ${conf}: ${stdout}${stderr}`);
  return digest;
}
