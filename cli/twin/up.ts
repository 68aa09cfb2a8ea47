import type { Trust } from "../../model/config";
import { rollServers } from "../../runtime/roll/roll";
import { counted } from "../core/counted";
import { exitedUnexpectedly, runningProcess, stopProcess } from "../core/processes";
import type { Step } from "../core/steps";
import { requireNatsServer } from "../core/toolbox/missing";
import { completeKeys } from "../keys/complete";
import { trustDifferences } from "../keys/operator-claims";
import { FolderStore } from "../keys/store";
import { writeTrust } from "../keys/trust-file";
import { openKeys } from "../keys/trusted-keys";
import { forgetsOldLogin, updateAccounts } from "./accounts";
import { noteApplied } from "./applied";
import { advanceAuthorities, ensureCertificates } from "./certificates";
import { writeConnectFile } from "./connect-file";
import { allServers, importedTrustOf, type Twin, twinTrustIfThere } from "./context";
import { disconnectAdmitted } from "./disconnect";
import { ensureFleet, leftoverServices } from "./fleet";
import { takeKeptBackupKey } from "./kept-backup-key";
import { leftoverServers, writeLayout } from "./layout";
import { leafLinksReady } from "./leaf-links";
import { leavingServers, removeLeaving } from "./leaving";
import { responderNames } from "./ports";
import { ensureProgram, preparePrograms, programReady, responders, type TwinProgram } from "./programs";
import { twinRoll } from "./roll";
import { twinDriver } from "./roll-driver";
import { stoppingPlainly } from "./roll-stopped";
import { runningParts } from "./running";
import {
  assertPortsFree,
  type PlannedServer,
  planServer,
  reloadServer,
  serverReady,
  startServer,
  stopServer,
} from "./servers";
import { type LocalCode, localFleet, localServices } from "./service-code";
import { applyStreams, type PlanOptions } from "./streams";

/** State that the steps of `up` share, in the order in which it is set. */
export interface UpState {
  natsServer: string;
  trust: Trust;
  servers: PlannedServer[];
  programs: TwinProgram[];
  /** Code of the services that run here. */
  fleet: LocalCode[];
}

const readyTimeoutMs = 60_000;

export interface UpOptions extends PlanOptions {
  /** Ends the connections of users and services whose rights were given before the responders of now. */
  disconnect?: boolean;
  /** Names of what may be lost, as it was agreed upon. */
  agreedLosses?: readonly string[];
}

/** Steps that bring the twin from its current state to the environment's. Each may be repeated. */
export function upSteps(twin: Twin, root: string, options: UpOptions = {}): Step<UpState>[] {
  return [
    {
      title: "nats-server",
      work: async (_, state) => {
        const desired = twin.topology.nats.version;
        const found = requireNatsServer(desired);
        state.fleet = localFleet(twin, root);
        await assertPortsFree(twin, portsToOpen(twin));
        writeLayout(twin);
        state.natsServer = found;
        return desired;
      },
    },
    {
      title: "Keys and certificates",
      work: async (_, state) => {
        const { folder } = twin;
        const previous = twinTrustIfThere(twin, root);
        const imported = importedTrustOf(twin, root);
        const store = new FolderStore(folder.keys);
        await takeKeptBackupKey(folder);
        const named = `${twin.topology.environment} --twin`;
        const { trust, created } = await completeKeys(twin.topology, store, { previous, named, like: imported });
        writeTrust(folder.trust, trust);
        const made = await ensureCertificates(twin.topology, folder, new Date());
        state.trust = trust;
        const others = imported ? trustDifferences(imported, trust) : [];
        const said =
          others.length > 0 ? `; not as the imported operator says: ${others.map(({ what }) => what).join("; ")}` : "";
        return `${counted(created.length, "key")} and ${counted(made.length, "certificate")} made${said}`;
      },
    },
    {
      title: "OIDC issuer",
      work: async (_, state) => {
        state.programs = await preparePrograms(twin, state.trust);
        const done: string[] = [];
        for (const program of state.programs.filter(({ name }) => name === "oidc-issuer")) {
          done.push(await ensureProgram(twin, program));
          await programReady(program, readyTimeoutMs);
        }
        return done.join(", ");
      },
    },
    {
      title: "Servers",
      work: async (progress, state) => {
        const leaving = twin.topology.clusters
          .flatMap((cluster) => leavingServers(twin, cluster))
          .map(({ name }) => name);
        for (const name of leftoverServers(twin))
          if (!leaving.includes(name)) await stopServer(twin.folder.server(name));
        const died = allServers(twin.topology).filter(({ server }) =>
          exitedUnexpectedly(twin.folder.server(server.name)),
        );
        state.servers = allServers(twin.topology).map(({ cluster, server }) =>
          planServer(twin, cluster, server, state.trust),
        );
        // Responders sign users with an account's new key as soon as they know it; servers seal requests with the new
        // xkey as soon as they know it. So: first other accounts, then responders, then the callout account.
        await respondersBeforeTheEnd(twin, state.trust, progress);
        await updateAccounts(twin, state.trust, twin.topology.identity.calloutAccount);
        await respondersAhead(twin, state.trust, progress);
        await updateAccounts(twin, state.trust);
        const steps = await convergeAuthorities(twin, state, options.agreedLosses ?? [], progress);
        const done = (["start", "keep", "reload", "restart"] as const)
          .map((desired) => ({ desired, count: state.servers.filter(({ step }) => step === desired).length }))
          .filter(({ count }) => count > 0)
          .map(({ desired, count }) => `${count} ${pastTense[desired]}`);
        const dead = died.length > 0 ? `; ${died.map(({ server }) => server.name).join(", ")} had ended by itself` : "";
        const exchanged = steps.length > 0 ? `; authorities: ${steps.join(", ")}` : "";
        return `${done.join(", ")}${dead}${exchanged}`;
      },
    },
    {
      title: "Leaf nodes",
      enabled: twin.topology.clusters.some((cluster) => cluster.leafLinks.length > 0),
      work: async (_, state) => `${await leafLinksReady(twin, state.trust, readyTimeoutMs)} links`,
    },
    {
      title: "Streams",
      work: (progress) => applyStreams(twin, progress, options),
    },
    {
      title: "Auth callout",
      work: async (progress, state) => {
        const programs = state.programs.filter(({ name }) => name in twin.ports.responders);
        await ensurePrograms(twin, programs, progress);
        return counted(programs.length, "responder");
      },
    },
    {
      title: "HTTP gateways",
      enabled: Object.keys(twin.ports.httpGateways).length + leftover(twin, "http-gateway-").length > 0,
      work: async (progress, state) => {
        for (const name of leftover(twin, "http-gateway-"))
          await stopProcess(twin.folder.program(name), "SIGTERM", 20_000);
        const programs = state.programs.filter(({ name }) => name in twin.ports.httpGateways);
        await ensurePrograms(twin, programs, progress);
        return counted(programs.length, "gateway");
      },
    },
    {
      title: "Services",
      enabled: localServices(twin.topology).length + leftoverServices(twin).length > 0,
      work: async (progress, state) =>
        `${counted(await ensureFleet(twin, state.trust, state.fleet, root, progress), "service")} logged in`,
    },
    {
      title: "Backlogs",
      enabled: Object.keys(twin.ports.backlogs).length + leftover(twin, "backlog-").length > 0,
      work: async (progress, state) => {
        for (const name of leftover(twin, "backlog-")) await stopProcess(twin.folder.program(name), "SIGTERM", 20_000);
        const programs = state.programs.filter(({ name }) => name in twin.ports.backlogs);
        await ensurePrograms(twin, programs, progress);
        return counted(twin.topology.clusters.flatMap(({ backlogs }) => backlogs).length, "consumer");
      },
    },
    {
      title: "Rights of before",
      enabled: options.disconnect === true,
      work: async (_, state) => `${counted(await disconnectAdmitted(twin, state.trust), "connection")} ended`,
    },
    {
      title: "Health",
      work: async (_, state) => {
        // A change of one server affects others: a new leader is elected, a follower catches up.
        await Promise.all(state.servers.map((planned) => serverReady(twin, planned, readyTimeoutMs)));
        return `${state.servers.length} servers are healthy`;
      },
    },
    {
      title: "connect.json",
      work: async (_, { trust }) => {
        writeConnectFile(twin, trust);
        noteApplied(twin, trust);
      },
    },
  ];
}

const pastTense = { start: "started", keep: "kept", reload: "reloaded", restart: "restarted" } as const;

/** Ports of everything that does not run yet. They are checked before anything starts, so that no twin runs in part. */
function portsToOpen({ topology, folder, ports }: Twin): number[] {
  const servers = allServers(topology).filter(({ server }) => !runningProcess(folder.server(server.name)));
  const gateways = Object.entries(ports.httpGateways).flatMap(([name, { callers, admin }]) => [
    [name, callers] as const,
    [name, admin] as const,
  ]);
  const programs = [
    ["oidc-issuer", ports.issuer] as const,
    ...responderNames(ports),
    ...gateways,
    ...Object.entries(ports.backlogs),
  ].filter(([name]) => !runningProcess(folder.program(name)));
  return [
    ...servers.flatMap(({ server }) => Object.values(ports.servers[server.name] ?? {})),
    ...programs.map(([, port]) => port),
  ];
}

/** Programs of a kind that run and that the environment no longer has. */
const leftover = ({ folder, ports }: Twin, kind: "http-gateway-" | "backlog-"): string[] =>
  runningParts(folder).programs.filter(
    (name) => name.startsWith(kind) && !(name in ports.httpGateways) && !(name in ports.backlogs),
  );

/** Starts or restarts programs one after another, so that the others go on answering. */
async function ensurePrograms(
  twin: Twin,
  programs: readonly TwinProgram[],
  progress: (text: string) => void,
): Promise<void> {
  for (const program of programs) {
    progress(`${program.name}: ${await ensureProgram(twin, program)}`);
    await programReady(program, readyTimeoutMs);
  }
}

/**
 * Starts responders before running servers are changed: missing ones, since a server that reloads closes every client
 * that the callout admitted, and only a responder can admit them again; and all of them during a rotation, since
 * responders accept old and new keys, and a server knows one of them.
 */
async function respondersAhead(twin: Twin, trust: Trust, progress: (text: string) => void): Promise<void> {
  const rotating = openKeys(trust).length > 0;
  for (const cluster of twin.topology.clusters) {
    if (!cluster.servers.some(({ name }) => runningProcess(twin.folder.server(name)))) continue;
    const programs = responders(twin, cluster, trust).filter(({ folder }) => rotating || !runningProcess(folder));
    await ensurePrograms(twin, programs, progress);
  }
}

/**
 * Restarts responders one by one before servers forget the old keys of a rotation that is finished: each comes back with the
 * new login, which servers know, while the others answer.
 */
async function respondersBeforeTheEnd(twin: Twin, trust: Trust, progress: (text: string) => void): Promise<void> {
  if (openKeys(trust).length > 0) return;
  for (const cluster of twin.topology.clusters)
    if (await forgetsOldLogin(twin, cluster, trust))
      await ensurePrograms(twin, responders(twin, cluster, trust), progress);
}

/**
 * Brings the servers to what is rendered, and takes the steps of authorities that are being replaced: each when every server
 * has loaded the one before, which it is asked.
 */
async function convergeAuthorities(
  twin: Twin,
  state: UpState,
  agreed: readonly string[],
  progress: (text: string) => void,
): Promise<string[]> {
  const converge = () => convergeServers(twin, state.servers, { natsServer: state.natsServer, agreed }, progress);
  await converge();
  const steps: string[] = [];
  for (;;) {
    const taken = await advanceAuthorities(twin.topology, twin.folder, new Date());
    if (taken.length === 0) return steps;
    steps.push(...taken);
    progress(taken.join(", "));
    state.servers = allServers(twin.topology).map(({ cluster, server }) =>
      planServer(twin, cluster, server, state.trust),
    );
    await converge();
  }
}

/** New servers together, since they wait for each other; restarts one at a time, each back in full before the next. */
async function convergeServers(
  twin: Twin,
  servers: PlannedServer[],
  { natsServer, agreed }: { natsServer: string; agreed: readonly string[] },
  progress: (text: string) => void,
): Promise<void> {
  const starting = servers.filter(({ step }) => step === "start");
  for (const planned of starting) {
    progress(`starts ${planned.server.name}`);
    await startServer(twin, planned, natsServer);
  }
  const ready = (planned: PlannedServer) => {
    const leaving = leavingServers(twin, planned.cluster).length;
    return serverReady(twin, planned, readyTimeoutMs, { streamsLater: true, leaving });
  };
  await Promise.all(starting.map(ready));
  for (const cluster of twin.topology.clusters) await removeLeaving(twin, cluster, { natsServer, agreed }, progress);
  for (const planned of servers.filter(({ step }) => step === "reload")) {
    progress(`reloads ${planned.server.name}`);
    await reloadServer(twin, planned, natsServer);
  }
  for (const cluster of twin.topology.clusters) {
    const own = servers.filter((planned) => planned.cluster === cluster);
    const restarted = own.filter(({ step }) => step === "restart").map(({ server }) => server.name);
    const driver = twinDriver(twin, cluster, own, natsServer);
    const props = { ...twinRoll, loses: "memory", allowed: agreed, say: progress } as const;
    await stoppingPlainly(twin.topology.environment, () => rollServers(driver, restarted, props));
  }
}
