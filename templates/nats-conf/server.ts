import type { Trust } from "../../model/config";
import { knowsKey } from "../../model/config/server-keys";
import {
  type ClusterTopology,
  type Listener,
  type ListenerName,
  type ServerTopology,
  type Topology,
  trustOf,
} from "../../model/topology";
import { identityConf } from "./identity";
import { leafRemote } from "./leaf-remote";
import type { Site } from "./site";
import { bytes, type ConfObject, type ConfValue, duration, isBlock } from "./tree";

export interface ServerConfProps {
  topology: Topology;
  cluster: ClusterTopology;
  server: ServerTopology;
  site: Site;
  trust: Trust;
}

/**
 * The configuration of one server. It holds no secret (users are known by public keys, peers by certificates), so it
 * may be shown, compared and stored in the open. Keys are spelled as the official chart spells them.
 *
 * @throws when the trust file lacks a key of the topology
 */
export function serverConf(props: ServerConfProps): ConfObject {
  const { topology, cluster, server, site } = props;
  const { nats } = topology;
  const trust = trustOf(props.trust, cluster.name);
  return gate(nats.version, {
    server_name: server.name,
    server_tags: server.tags.length > 0 ? server.tags : undefined,
    server_metadata: nats.metadata,
    lame_duck_grace_period: duration(nats.lameDuck.graceMs),
    lame_duck_duration: duration(nats.lameDuck.durationMs),
    pid_file: site.paths.pidFile,
    host: site.host,
    port: site.ports.client,
    http_port: site.ports.monitoring,
    max_connections: nats.maxConnections,
    // A login carries its token: the default of 4 KiB is too small for one with many claims.
    max_control_line: bytes(24 * 1024),
    max_payload: bytes(nats.maxPayloadBytes),
    write_deadline: duration(nats.writeDeadlineMs),
    proxy_protocol: nats.proxyProtocol,
    feature_flags: nats.featureFlags,
    tls: tls(props, "client"),
    cluster: clusterConf(props),
    leafnodes: leafnodesConf(props),
    websocket: websocketConf(props),
    jetstream: jetstreamConf(props),
    ...identityConf(topology, cluster, trust, site.paths.resolverDir),
  });
}

const listenerOf = (cluster: ClusterTopology, name: ListenerName): Listener | undefined =>
  cluster.listeners.find((listener) => listener.name === name);

/** The TLS block of a listener: one certificate by its files, several side by side. */
function tls({ cluster, site }: ServerConfProps, name: ListenerName): ConfObject | undefined {
  const listener = listenerOf(cluster, name);
  if (!listener || listener.certificates.length === 0) return undefined;
  const files = listener.certificates.map((id) => {
    const { cert, key } = site.paths.certificate(id);
    return { cert_file: cert, key_file: key };
  });
  const issuer = cluster.certificates.find(({ id }) => id === listener.certificates[0])?.issuer ?? "internal";
  return {
    ...(files.length === 1 ? files[0] : { certs: files }),
    ca_file: listener.verify === "none" ? undefined : site.paths.ca(issuer),
    verify: listener.verify === "require" ? true : undefined,
    verify_cert_and_check_known_urls: listener.verify === "routes" ? true : undefined,
    timeout: 5,
  };
}

function clusterConf(props: ServerConfProps): ConfObject | undefined {
  const { cluster, site } = props;
  if (!listenerOf(cluster, "routes")) return undefined;
  return {
    name: cluster.natsName,
    host: site.host,
    port: site.ports.routes,
    no_advertise: true,
    connect_backoff: true,
    routes: site.routes,
    tls: tls(props, "routes"),
  };
}

function leafnodesConf(props: ServerConfProps): ConfObject | undefined {
  const { cluster, site, topology, trust } = props;
  if (!cluster.leafHub && cluster.leafLinks.length === 0) return undefined;
  const listens: ConfObject = cluster.leafHub
    ? {
        host: site.host,
        port: site.ports.leafnodes,
        no_advertise: true,
        tls: tls(props, "leafnodes"),
      }
    : {};
  const { paths } = site;
  const { mode } = topology.identity;
  const files = { ...paths, certificate: paths.certificate("leaf-remote"), ca: paths.ca("leafnodes") };
  const remotes = cluster.leafLinks.map((link) => {
    const account = mode === "operator" ? trust.accounts[link.account]?.publicKey : link.account;
    return leafRemote({ mode, link, urls: site.hubs[link.hub] ?? [], account, files });
  });
  return { ...listens, remotes: remotes.length > 0 ? remotes : undefined };
}

function websocketConf(props: ServerConfProps): ConfObject | undefined {
  const { cluster, site } = props;
  if (!cluster.websocket) return undefined;
  const { allowedOrigins, compression } = cluster.websocket;
  return {
    host: site.host,
    port: site.ports.websocket,
    compression,
    allowed_origins: allowedOrigins.length > 0 ? allowedOrigins : undefined,
    tls: tls(props, "websocket"),
  };
}

function jetstreamConf({ cluster, site }: ServerConfProps): ConfObject | undefined {
  const { jetstream } = cluster;
  return (
    jetstream && {
      store_dir: site.paths.storeDir,
      max_memory_store: bytes(jetstream.memoryBytes),
      max_file_store: bytes(jetstream.fileBytes),
      domain: jetstream.domain,
      sync_interval: jetstream.syncInterval === "always" ? "always" : duration(jetstream.syncInterval),
      unique_tag: jetstream.uniqueTag,
      max_outstanding_catchup:
        jetstream.maxOutstandingCatchupBytes === undefined ? undefined : bytes(jetstream.maxOutstandingCatchupBytes),
      max_concurrent_io: jetstream.maxConcurrentIo,
    }
  );
}

/** Leaves out what a server of this version does not know: an unknown key would stop it at start. */
export function gate(version: string, object: ConfObject, path = ""): ConfObject {
  const entries = Object.entries(object).flatMap(([key, value]): [string, ConfValue][] => {
    const keyPath = path ? `${path}.${key}` : key;
    return value === undefined || !knowsKey(version, keyPath) ? [] : [[key, gateValue(version, value, keyPath)]];
  });
  return Object.fromEntries(entries);
}

function gateValue(version: string, value: ConfValue, path: string): ConfValue {
  if (Array.isArray(value)) return value.map((item) => gateValue(version, item, path));
  return isBlock(value) ? gate(version, value, path) : value;
}
