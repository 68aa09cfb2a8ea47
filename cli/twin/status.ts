import type { Healthz, Jsz, Varz } from "../../runtime/client/monitoring";
import { exitedUnexpectedly, runningProcess } from "../core/processes";
import type { PartStatus } from "../core/rows";
import { allServers, type Twin } from "./context";
import { type ServiceLogins, serviceLogins } from "./logins";
import { monitoring } from "./monitoring";
import { loopback, responderNames } from "./ports";
import { localServices } from "./service-code";

/** Current state of every process of the twin. */
export async function twinStatus(twin: Twin): Promise<PartStatus[]> {
  const servers = await Promise.all(allServers(twin.topology).map(({ server }) => serverStatus(twin, server.name)));
  const programs = [
    { name: "oidc-issuer", port: twin.ports.issuer, path: "/jwks" },
    ...responderNames(twin.ports).map(([name, port]) => ({ name, port, path: "/readyz" })),
    ...Object.entries(twin.ports.httpGateways).map(([name, { admin }]) => ({ name, port: admin, path: "/readyz" })),
    ...Object.entries(twin.ports.backlogs).map(([name, port]) => ({ name, port, path: "/readyz" })),
  ];
  const services = localServices(twin.topology);
  const logins = services.length > 0 ? await serviceLogins(twin) : new Map();
  return [
    ...servers,
    ...(await Promise.all(programs.map((program) => programStatus(twin, program)))),
    ...services.map(({ service }) => serviceStatus(twin, service.name, logins)),
  ];
}

/** A service of the environment: nobody but the servers says how it is. */
function serviceStatus({ folder }: Twin, name: string, logins: ServiceLogins): PartStatus {
  const own = folder.program(name);
  const pid = runningProcess(own)?.pid;
  if (!pid) return { name, address: "-", ok: false, state: gone(exitedUnexpectedly(own)) };
  const [login] = logins.get(name) ?? [];
  if (!login) return { name, pid, address: "-", ok: false, state: "runs, but is not logged in" };
  return { name, pid, address: login.server, ok: true, state: `logged in, account ${login.account}` };
}

const gone = (died: boolean) =>
  died ? "ended by itself; natsform logs shows why, natsform up starts it" : "not running";

async function serverStatus({ folder, ports }: Twin, name: string): Promise<PartStatus> {
  const own = folder.server(name);
  const pid = runningProcess(own)?.pid;
  const port = ports.servers[name]?.monitoring ?? 0;
  const address = `tls://${loopback}:${ports.servers[name]?.client}`;
  if (!pid) return { name, address, ok: false, state: gone(exitedUnexpectedly(own)) };
  const [varz, health, jsz] = await Promise.all([
    monitoring<Varz>(port, "/varz"),
    monitoring<Healthz>(port, "/healthz"),
    monitoring<Jsz>(port, "/jsz"),
  ]);
  if (!varz) return { name, pid, address, ok: false, state: "runs, but its monitoring port does not answer" };
  const leader = jsz?.meta_cluster?.leader === name ? ", meta leader" : "";
  const state = `${health?.status === "ok" ? "healthy" : `unhealthy: ${health?.error}`}, ${varz.version}, ${varz.connections} connections${leader}`;
  return { name, pid, address, ok: health?.status === "ok", state };
}

async function programStatus(
  { folder }: Twin,
  { name, port, path }: { name: string; port: number; path: string },
): Promise<PartStatus> {
  const own = folder.program(name);
  const pid = runningProcess(own)?.pid;
  const address = `http://${loopback}:${port}`;
  if (!pid) return { name, address, ok: false, state: gone(exitedUnexpectedly(own)) };
  try {
    const response = await fetch(`${address}${path}`, { signal: AbortSignal.timeout(5000) });
    const text = response.ok ? "ready" : `not ready: ${(await response.text()).slice(0, 120)}`;
    return { name, pid, address, ok: response.ok, state: text };
  } catch {
    return { name, pid, address, ok: false, state: "runs, but does not answer" };
  }
}
