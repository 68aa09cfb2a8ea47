import { existsSync } from "node:fs";
import { join } from "node:path";
import { workFolder } from "../../artifacts/work-folder";
import type { Environment, Trust } from "../../model/config";
import { nearest } from "../../model/config/known-keys";
import { loadTrust, trustFile } from "../../model/config/load";
import type { ClusterTopology, Topology } from "../../model/topology";
import { IdentityError, inboxPrefix, serviceInboxPrefix } from "../../runtime/client";
import {
  type Connection,
  deployedAddresses,
  type Language,
  languageNames,
  languages,
} from "../../templates/connection";
import { type OpenEnvironment, openEnvironment } from "../core/environment";
import { twinnedEnvironments } from "../core/environments";
import { print, printJson } from "../core/output";
import { UserError } from "../core/project";
import { assertService } from "../core/service-named";
import { saidOf, twinConnection, type Who } from "../twin/connection";
import { loadTwinTrust, openTwin } from "../twin/context";

export interface ConnectCommand {
  as?: string;
  sub?: string;
  lang: string;
  cluster?: string;
  deployed?: boolean;
  json?: boolean;
}

export async function connect(name: string, options: ConnectCommand): Promise<void> {
  const open = await openEnvironment(name);
  const { topology, root } = open;
  const who = whoOf(topology, options);
  const cluster = clusterNamed(topology, options.cluster);
  const language = languageNamed(options.lang);
  if (!options.deployed && !twinnedEnvironments(root).includes(name)) {
    const fix = `natsform up ${name} makes one; --deployed tells of the deployment`;
    throw new UserError(`${name} has no twin on this machine`, fix);
  }
  const connection = options.deployed ? deployedConnection(open, cluster, who) : await ofTwin(name, root, cluster, who);
  if (options.json) printJson(connection);
  else print(textOf(connection, language));
}

async function ofTwin(name: string, root: string, { name: wanted }: ClusterTopology, who: Who): Promise<Connection> {
  const twin = await openTwin(name, root);
  return twinConnection(twin, loadTwinTrust(twin, root), clusterNamed(twin.topology, wanted), who);
}

/** What is known of a deployment without asking it: names, and the public halves of keys in the trust file. */
function deployedConnection({ root, environment }: OpenEnvironment, cluster: ClusterTopology, who: Who) {
  const trust = loadTrust(trustFile(environment.name, root), root);
  const { privateAuthority, todo, ...addresses } = deployedAddresses(cluster);
  const common = {
    environment: environment.name,
    cluster: cluster.name,
    of: "deployment" as const,
    ...addresses,
    ...(privateAuthority && { caFile: "ca.crt" }),
    sentinel: sentinelOf(environment, trust),
  };
  if ("sub" in who) {
    const { issuer, audience } = environment.identity.oidc;
    const login = { by: "token" as const, sub: who.sub, issuer, audience };
    return { ...common, login, inboxPrefix: inboxPrefix(who.sub), todo } satisfies Connection;
  }
  const nkey = trust.users[`service-${who.service}`];
  if (nkey === undefined)
    throw new UserError(
      `the trust file has no key of service ${who.service}`,
      `natsform keys init ${environment.name}`,
    );
  const key = `user-service-${who.service}`;
  const kept = join(workFolder(root).environment(environment.name).keys, `${key}.key`);
  const seedFile = existsSync(kept) ? kept : undefined;
  return {
    ...common,
    login: { by: "nkey" as const, service: who.service, nkey, seedFile },
    inboxPrefix: serviceInboxPrefix(nkey),
    ...saidOf(environment, who.service),
    todo: [
      ...(trust.example ? [`keys: the trust file is an example; natsform keys init ${environment.name} makes it`] : []),
      ...(seedFile ? [] : [`NATS_NKEY_SEED_FILE: a file with key ${key} of the key store`]),
      ...todo,
    ],
  } satisfies Connection;
}

const sentinelOf = ({ identity }: Environment, { sentinel }: Trust) =>
  identity.mode === "operator" && identity.sentinel === "client" ? sentinel : undefined;

function textOf(connection: Connection, language: Language): string {
  const { text, services, sentinel } = languages[language];
  if (connection.login.by === "nkey" && !services)
    throw new UserError("a service's seed in a page would be everybody's", "--sub NAME: people come with tokens");
  if (connection.sentinel !== undefined && !sentinel)
    throw new UserError(
      `clients bring a sentinel here (identity.sentinel), which natsform does not write for ${language}`,
      'sentinel: "server" has the servers add it; --lang env prints it for programs of your own',
    );
  if (language === "browser" && connection.websocket.length === 0)
    throw new UserError(`cluster ${connection.cluster} has no WebSocket listener`, "add websocket to the cluster");
  return text(connection);
}

function whoOf({ environment, identity }: Topology, { as, sub }: ConnectCommand): Who {
  const known = Object.keys(identity.services);
  if ((as === undefined) === (sub === undefined)) {
    const services = known.length > 0 ? known.join(", ") : "none";
    throw new UserError(
      "exactly one of --as SERVICE and --sub NAME is needed",
      `services of ${environment}: ${services}`,
    );
  }
  if (as === undefined) return { sub: identityOf(sub ?? "") };
  assertService({ environment, identity }, as);
  return { service: as };
}

function identityOf(sub: string): string {
  try {
    inboxPrefix(sub);
    return sub;
  } catch (error) {
    if (error instanceof IdentityError) throw new UserError(`--sub: ${error.message}`);
    throw error;
  }
}

function clusterNamed({ environment, clusters }: Topology, name = clusters[0]?.name ?? ""): ClusterTopology {
  const found = clusters.find((cluster) => cluster.name === name);
  if (found) return found;
  const known = clusters.map((cluster) => cluster.name);
  const near = nearest(name, known);
  throw new UserError(
    `${environment} has no cluster ${name}`,
    near ? `did you mean ${near}?` : `clusters: ${known.join(", ")}`,
  );
}

function languageNamed(name: string): Language {
  const found = languageNames.find((known) => known === name);
  if (found) return found;
  const near = nearest(name, languageNames);
  throw new UserError(
    `--lang: there is no ${name}`,
    near ? `did you mean ${near}?` : `known: ${languageNames.join(", ")}`,
  );
}
