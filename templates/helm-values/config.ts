import { clusterSecrets } from "../../model/topology";
import { type ConfObject, isBlock, Raw } from "../nats-conf";
import { blockOf, rest } from "./conf-values";
import { ingressValues } from "./ingress";
import type { HelmValuesProps } from "./props";

/** `config`: the servers' configuration. Keys that the chart writes itself are given as its values, all others merged. */
export function configValues(conf: ConfObject, props: HelmValuesProps): Record<string, unknown> {
  const { topology, cluster } = props;
  const secrets = clusterSecrets(cluster.name);
  return {
    nats: { port: conf.port, tls: tlsValues(conf, secrets.certificate("internal")) },
    monitor: { enabled: true, port: conf.http_port },
    cluster: conf.cluster ? clusterValues(blockOf(conf, "cluster"), props) : { enabled: false },
    ...(isBlock(conf.leafnodes) && leafnodesValues(conf.leafnodes, cluster.leafHub, secrets.certificate("leafnodes"))),
    ...(isBlock(conf.websocket) && {
      websocket: {
        enabled: true,
        port: conf.websocket.port,
        // No Secret of its own: it serves the certificate that is mounted for the client port.
        tls: { enabled: true, merge: rest(blockOf(conf.websocket, "tls")) },
        ...ingressValues(cluster),
        merge: rest(conf.websocket, "port", "tls"),
      },
    }),
    ...(isBlock(conf.jetstream) && { jetstream: jetstreamValues(conf.jetstream, props) }),
    ...(topology.identity.mode === "operator" && {
      resolver: {
        enabled: true,
        dir: blockOf(conf, "resolver").dir,
        pvc: { size: "1Gi", storageClassName: props.storageClass },
        merge: rest(blockOf(conf, "resolver"), "dir"),
      },
    }),
    merge: rest(conf, ...ofTheChart, ...(cluster.leafHub ? ["leafnodes"] : [])),
  };
}

/** Keys of the configuration that the chart writes, or that its own values stand for. */
const ofTheChart = [
  ...["server_name", "lame_duck_grace_period", "lame_duck_duration", "pid_file", "port", "http_port"],
  ...["tls", "cluster", "websocket", "jetstream", "resolver"],
];

/** The chart names certificate and key by the Secret's folder; everything else of TLS is merged, the authority too. */
function tlsValues(conf: ConfObject, secretName: string): Record<string, unknown> {
  const tls = blockOf(conf, "tls");
  const file = String(tls.cert_file);
  const dir = file.slice(0, file.lastIndexOf("/"));
  return { enabled: true, secretName, dir, merge: rest(tls, "cert_file", "key_file") };
}

function clusterValues(block: ConfObject, { cluster }: HelmValuesProps): Record<string, unknown> {
  return {
    enabled: true,
    port: block.port,
    replicas: cluster.servers.length,
    noAdvertise: block.no_advertise,
    // Certificates of routes carry full names: the short ones mean something else in every namespace.
    routeURLs: { useFQDN: true, k8sClusterDomain: cluster.platform.clusterDomain },
    tls: tlsValues(block, clusterSecrets(cluster.name).certificate("routes")),
    merge: rest(block, "port", "no_advertise", "routes", "tls"),
  };
}

/** The chart knows the listener alone; a cluster that only connects to a hub gets its remotes from the merged rest. */
function leafnodesValues(block: ConfObject, isHub: boolean, secretName: string): Record<string, unknown> {
  if (!isHub) return {};
  return {
    leafnodes: {
      enabled: true,
      port: block.port,
      tls: tlsValues(block, secretName),
      merge: rest(block, "port", "no_advertise", "tls"),
    },
  };
}

function jetstreamValues(block: ConfObject, { cluster, storageClass }: HelmValuesProps): Record<string, unknown> {
  return {
    enabled: true,
    memoryStore: { enabled: true, maxSize: sizeOf(block, "max_memory_store") },
    fileStore: {
      enabled: true,
      dir: block.store_dir,
      maxSize: sizeOf(block, "max_file_store"),
      pvc: { enabled: true, size: volumeSize(cluster.jetstream?.fileBytes ?? 0), storageClassName: storageClass },
    },
    merge: rest(block, "max_memory_store", "max_file_store", "store_dir"),
  };
}

function sizeOf(block: ConfObject, key: string): string {
  const size = block[key];
  if (!(size instanceof Raw)) throw new Error(`${key} is not a size`);
  return size.text;
}

/**
 * A volume that the file store fits into at nine tenths: file systems take their part, raft logs count towards no limit,
 * and a full disk switches JetStream off until the server is restarted.
 */
export const volumeSize = (fileBytes: number): string => `${Math.max(1, Math.ceil(fileBytes / 0.9 / 2 ** 30))}Gi`;
