import { join } from "node:path";
import { programFile } from "../../artifacts/build/names";
import { copyBuilt } from "../../artifacts/copy-built";
import { privateFile, writeFileAtomically } from "../../artifacts/files";
import type { Trust } from "../../model/config";
import {
  backlogAccounts,
  backlogService,
  type ClusterTopology,
  calloutIssuerSecret,
  calloutXkeySecret,
  loginKey,
  storedName,
  usersOf,
} from "../../model/topology";
import { leafInclude } from "../../runtime/common/leaf-include";
import { calloutEnvironment } from "../../templates/auth-callout-environment";
import { backlogEnvironment } from "../../templates/backlog-environment";
import { toAuthRules } from "../../templates/callout-rules";
import { httpGatewayEnvironment, httpGatewaySpec } from "../../templates/http-gateway-environment";
import { definedVariables } from "../../templates/program-environment";
import type { ProgramFolder } from "../core/processes";
import { poll, runningProcess, stopProcess } from "../core/processes";
import { UserError } from "../core/project";
import { ClusterStore } from "../keys/cluster-store";
import { deployedValues } from "../keys/push";
import { FolderStore } from "../keys/store";
import { credsFile } from "./connect";
import { clientUrls, type Twin } from "./context";
import { ensureIssuerKey, issuerKeyPath } from "./issuer";
import { ensureProcess } from "./kept-process";
import { loopback, responderName } from "./ports";
import { diagnosis } from "./servers";

/** A program of the twin: its bundle and variables, and the HTTP path that answers when it is ready. */
export interface TwinProgram {
  name: string;
  folder: ProgramFolder;
  bundle: string;
  env: Record<string, string>;
  port: number;
  /** Ports beside the one that is asked whether it is ready. */
  otherPorts?: readonly number[];
  readyPath: string;
  signal: NodeJS.Signals;
}

/** Writes the programs, as they are deployed, and the files that they read. */
export async function preparePrograms(twin: Twin, trust: Trust): Promise<TwinProgram[]> {
  const { folder, topology, ports } = twin;
  const bundles = join(folder.root, "programs");
  copyBuilt(programFile("auth-callout"), join(bundles, "auth-callout.cjs"));
  copyBuilt("oidc-issuer.cjs", join(bundles, "oidc-issuer.cjs"));
  copyBuilt(programFile("http-gateway"), join(bundles, "http-gateway.cjs"));
  copyBuilt(programFile("backlog"), join(bundles, "backlog.cjs"));
  await ensureIssuerKey(folder, topology.identity.oidc);
  for (const cluster of topology.clusters) {
    const rules = toAuthRules(topology, trust, cluster);
    writeFileAtomically(rulesPath(twin, cluster), `${JSON.stringify(rules, null, 2)}\n`);
    const spec = cluster.httpGateway && httpGatewaySpec(topology, trust, cluster, 0);
    if (spec) writeFileAtomically(specPath(twin, cluster), `${JSON.stringify(spec, null, 2)}\n`);
  }
  for (const cluster of topology.clusters) await writeSeeds(twin, cluster, trust);
  return [
    {
      name: "oidc-issuer",
      folder: folder.program("oidc-issuer"),
      bundle: join(bundles, "oidc-issuer.cjs"),
      env: { ISSUER_KEY_FILE: issuerKeyPath(folder), HOST: loopback, PORT: String(ports.issuer) },
      port: ports.issuer,
      readyPath: "/jwks",
      signal: "SIGTERM",
    },
    ...topology.clusters.flatMap((cluster) => responders(twin, cluster, trust)),
    ...topology.clusters.flatMap((cluster) => httpGateways(twin, cluster, trust)),
    ...topology.clusters.flatMap((cluster) => backlogs(twin, cluster, trust)),
  ];
}

/**
 * Files of a cluster's responders, as in a deployment: during a rotation each has what was before after what is new. They
 * are named like the cluster's keys.
 */
const responderFiles = ({ folder }: Twin, { name }: ClusterTopology, trust: Trust) => {
  const file = (of: string) => folder.credentials(storedName(trust, name, of));
  return { logins: file("responder.logins"), issuers: file("issuer.seeds"), xkeys: file("xkey.seeds") };
};
const rulesPath = (twin: Twin, { name }: ClusterTopology) =>
  join(twin.folder.root, "programs", `auth-rules-${name}.json`);

/** The auth callout's responders of one cluster. The callout does not cross leaf nodes, so each cluster has its own. */
export function responders(twin: Twin, cluster: ClusterTopology, trust: Trust): TwinProgram[] {
  const { folder, topology, ports } = twin;
  const files = responderFiles(twin, cluster, trust);
  return Array.from({ length: topology.identity.responders }, (_, i) => {
    const name = responderName(cluster.name, i);
    const port = ports.responders[name] ?? 0;
    return {
      name,
      folder: folder.program(name),
      bundle: join(folder.root, "programs", "auth-callout.cjs"),
      port,
      readyPath: "/readyz",
      signal: "SIGTERM" as const,
      env: definedVariables(
        calloutEnvironment<never>(topology, trust, {
          cluster,
          servers: clientUrls(twin, cluster),
          authorities: { file: folder.caBundle },
          login: { file: files.logins },
          issuerSeeds: { file: files.issuers },
          xkeySeeds: { file: files.xkeys },
          rulesFile: rulesPath(twin, cluster),
          jwksUri: `http://${loopback}:${ports.issuer}/jwks`,
          http: { host: loopback, port },
        }).variables,
      ),
    };
  });
}

/** The HTTP gateway of a cluster, where it has one. */
function httpGateways(twin: Twin, cluster: ClusterTopology, trust: Trust): TwinProgram[] {
  const { folder, topology, ports } = twin;
  if (!cluster.httpGateway) return [];
  const name = cluster.httpGateway.service;
  const { callers = 0, admin = 0 } = ports.httpGateways[name] ?? {};
  return [
    {
      name,
      folder: folder.program(name),
      bundle: join(folder.root, "programs", "http-gateway.cjs"),
      port: admin,
      otherPorts: [callers],
      readyPath: "/readyz",
      signal: "SIGTERM" as const,
      env: definedVariables(
        httpGatewayEnvironment<never>(topology, trust, {
          cluster,
          servers: clientUrls(twin, cluster),
          authorities: { file: folder.caBundle },
          login: { file: folder.credentials(`${name}.seed`) },
          specFile: specPath(twin, cluster),
          http: { host: loopback, port: callers, adminPort: admin },
          // Nothing stands in front of it.
          proxies: 0,
          drainSeconds: 0,
        }).variables,
      ),
    },
  ];
}

/** What counts the messages that wait for services of a cluster: one for each account in which it counts. */
const backlogs = (twin: Twin, cluster: ClusterTopology, trust: Trust): TwinProgram[] =>
  backlogAccounts(cluster.backlogs).map((account) => {
    const { folder, topology, ports } = twin;
    const name = backlogService(cluster.name, account);
    const port = ports.backlogs[name] ?? 0;
    return {
      name,
      folder: folder.program(name),
      bundle: join(folder.root, "programs", "backlog.cjs"),
      port,
      readyPath: "/readyz",
      signal: "SIGTERM",
      env: definedVariables(
        backlogEnvironment<never>(topology, trust, {
          cluster,
          account,
          servers: clientUrls(twin, cluster),
          authorities: { file: folder.caBundle },
          login: { file: folder.credentials(`${name}.seed`) },
          http: { host: loopback, port },
        }).variables,
      ),
    };
  });

const specPath = (twin: Twin, { name }: ClusterTopology) =>
  join(twin.folder.root, "programs", `http-gateway-${name}.json`);

/** Writes a cluster's seeds in the form that its programs and servers read, as in a deployment. */
async function writeSeeds(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<void> {
  const { folder, topology } = twin;
  const store = new ClusterStore(new FolderStore(folder.keys), trust, cluster.name);
  const read = { clusters: [cluster], personal: false };
  const deployed = await deployedValues({ topology, trust }, new FolderStore(folder.keys), read);
  const write = (path: string, secret: string) =>
    writeFileAtomically(path, `${deployed.find(({ name }) => name === secret)?.value ?? ""}\n`, privateFile);
  const files = responderFiles(twin, cluster, trust);
  write(files.issuers, calloutIssuerSecret);
  write(files.xkeys, calloutXkeySecret);
  write(files.logins, loginKey(topology, "responder"));
  const gateway = cluster.httpGateway?.service;
  const counting = backlogAccounts(cluster.backlogs).map((account) => backlogService(cluster.name, account));
  for (const service of [...(gateway ? [gateway] : []), ...counting])
    write(folder.credentials(`${service}.seed`), `user-service-${service}`);
  for (const { name } of usersOf(topology.identity, cluster.name)) {
    const creds = await store.read(`creds-${name}`);
    if (creds) writeFileAtomically(credsFile(twin, trust, cluster, name), `${creds}\n`, privateFile);
    // The configuration of a server's leaf link includes this file.
    const seed = name.startsWith("leaf-") ? await store.read(`user-${name}`) : undefined;
    if (seed) writeFileAtomically(folder.credentials(`${name}.conf`), leafInclude(seed), privateFile);
  }
}

/** Starts a program that does not run, and restarts one whose bundle, variables or files have changed. */
export const ensureProgram = (twin: Twin, program: TwinProgram) =>
  ensureProcess(twin, {
    ...program,
    command: process.execPath,
    args: [program.bundle, ...program.folder.lastArguments],
    code: [program.bundle],
    ports: [program.port, ...(program.otherPorts ?? [])],
  });

export const stopProgram = (program: TwinProgram) => stopProcess(program.folder, program.signal, 20_000);

/** @throws UserError when the program ends or is not ready in time */
export async function programReady(program: TwinProgram, timeoutMs: number): Promise<void> {
  let last = "it does not answer";
  const ready = await poll(async () => {
    if (!runningProcess(program.folder)) {
      throw new UserError(`${program.name} ended: ${diagnosis(program.folder)}`, `see ${program.folder.log}`);
    }
    try {
      const response = await fetch(`http://${loopback}:${program.port}${program.readyPath}`, {
        signal: AbortSignal.timeout(2000),
      });
      if (response.ok) return true;
      last = (await response.text()).slice(0, 200);
    } catch {
      // Not listening yet.
    }
    return false;
  }, timeoutMs);
  if (!ready) {
    throw new UserError(
      `${program.name} is not ready after ${timeoutMs / 1000} s: ${last}`,
      `see ${program.folder.log}`,
    );
  }
}
