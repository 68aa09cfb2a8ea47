import { join } from "node:path";
import { writeFileAtomically } from "../../artifacts/files";
import type { Trust } from "../../model/config";
import { errorMessage } from "../../runtime/common/error-message";
import { definedVariables } from "../../templates/program-environment";
import { serviceEnvironment } from "../../templates/service-environment";
import { poll, runningProcess, stopProcess } from "../core/processes";
import { UserError } from "../core/project";
import { clientUrls, type Twin } from "./context";
import { ensureProcess, type KeptProcess } from "./kept-process";
import { type ServiceLogins, serviceLogins } from "./logins";
import { runningParts } from "./running";
import { diagnosis } from "./servers";
import { type LocalCode, localServices } from "./service-code";

/** A service as a process. */
interface FleetProcess extends KeptProcess {
  name: string;
}

/**
 * Ends services that are no longer there, starts and restarts the others, and waits until each has logged in as itself.
 *
 * @param trust the twin's own
 * @returns how many there are
 * @throws UserError that names all that ended or did not log in
 */
export async function ensureFleet(
  twin: Twin,
  trust: Trust,
  fleet: readonly LocalCode[],
  root: string,
  progress: (text: string) => void,
): Promise<number> {
  for (const name of leftoverServices(twin)) await stopProcess(twin.folder.program(name), "SIGTERM", 20_000);
  const started: StartedService[] = [];
  for (const service of prepareFleet(twin, trust, fleet, root)) {
    const before = Date.now();
    const done = await ensureProcess(twin, service).catch((error: unknown) => {
      throw new UserError(`${service.name} cannot be started: ${errorMessage(error)}`);
    });
    progress(`${service.name}: ${done}`);
    started.push({ ...service, since: done === "kept" ? 0 : before });
  }
  await fleetReady(twin, started, 60_000);
  return started.length;
}

/** Connections that began before do not prove anything of it. */
type StartedService = FleetProcess & { since: number };

/** Writes what services run. */
function prepareFleet(twin: Twin, trust: Trust, fleet: readonly LocalCode[], root: string): FleetProcess[] {
  const { folder, topology } = twin;
  return fleet.map(({ service, cluster, command, args, text, code, inProject }) => {
    const own = folder.program(service.name);
    const [file] = code;
    if (text !== undefined && file !== undefined) writeFileAtomically(file, text);
    const { variables } = serviceEnvironment<never>(topology, trust, service, {
      servers: clientUrls(twin, cluster),
      authorities: { file: folder.caBundle },
      login: { file: join(folder.keys, `user-service-${service.name}.key`) },
    });
    return {
      ...{ name: service.name, folder: own, command, args, code, ports: [] },
      env: definedVariables(variables),
      ...(inProject && { cwd: root, inherited: definedVariables({ PATH: process.env.PATH, HOME: process.env.HOME }) }),
      signal: "SIGTERM",
      graceMs: service.stopTimeoutMs,
    };
  });
}

/** Services that run and that the environment no longer has, or no longer runs here. */
export const leftoverServices = ({ folder, topology }: Twin): string[] => {
  const known = new Set(localServices(topology).map(({ service }) => service.name));
  return runningParts(folder).programs.filter((name) => !ofNatsform.test(name) && !known.has(name));
};

/** No service has such a name. */
const ofNatsform = /^(?:oidc-issuer$|auth-callout-|http-gateway-|backlog-)/;

/** Waits until each has logged in or has ended: all that do not start are named at once. */
async function fleetReady(twin: Twin, fleet: readonly StartedService[], timeoutMs: number): Promise<void> {
  let logins: ServiceLogins = new Map();
  const runs = ({ folder }: StartedService) => runningProcess(folder) !== undefined;
  const isIn = ({ name, since }: StartedService) =>
    (logins.get(name) ?? []).some(({ start }) => Date.parse(start) >= since);
  await poll(async () => {
    logins = await serviceLogins(twin);
    return fleet.every((service) => isIn(service) || !runs(service));
  }, timeoutMs);
  // Each is judged once: one that ends at this moment is named all the same.
  const problems = fleet.flatMap((service) => {
    const { name, folder } = service;
    if (!runs(service)) return `${name} ended: ${diagnosis(folder)}`;
    return isIn(service) ? [] : `${name} has not logged in after ${timeoutMs / 1000} s: ${diagnosis(folder)}`;
  });
  if (problems.length > 0) throw new UserError(problems.join("\n  "), "natsform logs shows what they print");
}
