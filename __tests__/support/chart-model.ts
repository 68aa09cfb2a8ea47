import { merged } from "../../templates/helm-values/merged";

type Values = Record<string, unknown>;
const at = (values: Values, ...path: string[]): Values =>
  path.reduce<Values>((value, key) => (value[key] ?? {}) as Values, values);

function tls(block: Values): Values {
  if (!block.enabled) return {};
  const files = block.secretName ? { cert_file: `${block.dir}/tls.crt`, key_file: `${block.dir}/tls.key` } : {};
  return { tls: merged(files, at(block, "merge")) };
}

const raw = (text: unknown) => `<< ${text} >>`;

/**
 * What the official chart 2.14.2 makes of `config`, in few lines: files/config/*.yaml of the chart. Where Helm and the
 * chart are at hand, a test compares the two.
 */
export function chartConf(values: Values, release: { namespace: string }): Values {
  const config = at(values, "config");
  const name = String(values.fullnameOverride);
  const [nats, cluster, leafnodes] = [at(config, "nats"), at(config, "cluster"), at(config, "leafnodes")];
  const [websocket, jetstream, resolver] = [at(config, "websocket"), at(config, "jetstream"), at(config, "resolver")];
  const zone = `${name}-headless.${release.namespace}.svc.${at(cluster, "routeURLs").k8sClusterDomain}`;
  const conf: Values = {
    server_name: raw("$SERVER_NAME"),
    lame_duck_grace_period: "10s",
    lame_duck_duration: "30s",
    pid_file: "/var/run/nats/nats.pid",
    port: nats.port,
    http_port: at(config, "monitor").port,
    ...tls(at(nats, "tls")),
  };
  if (cluster.enabled) {
    const routes = Array.from(
      { length: Number(cluster.replicas) },
      (_, i) => `tls://${name}-${i}.${zone}:${cluster.port}`,
    );
    const written = { name, port: cluster.port, no_advertise: cluster.noAdvertise, routes, ...tls(at(cluster, "tls")) };
    conf.cluster = merged(written, at(cluster, "merge"));
  }
  if (leafnodes.enabled) {
    const written = { port: leafnodes.port, no_advertise: true, ...tls(at(leafnodes, "tls")) };
    conf.leafnodes = merged(written, at(leafnodes, "merge"));
  }
  if (websocket.enabled) {
    conf.websocket = merged({ port: websocket.port, ...tls(at(websocket, "tls")) }, at(websocket, "merge"));
  }
  if (jetstream.enabled) {
    const written = {
      max_memory_store: raw(at(jetstream, "memoryStore").maxSize),
      store_dir: at(jetstream, "fileStore").dir,
      max_file_store: raw(at(jetstream, "fileStore").maxSize),
    };
    conf.jetstream = merged(written, at(jetstream, "merge"));
  }
  if (resolver.enabled) conf.resolver = merged({ dir: resolver.dir }, at(resolver, "merge"));
  return merged(conf, at(config, "merge"));
}

/** The text of the chart's ConfigMap: JSON in which sizes, variables and includes lose their quotes. */
export const chartText = (conf: Values): string =>
  JSON.stringify(conf, null, 2)
    .replace(/".*\$include": "(.*)",?/g, "include $1;")
    .replace(/"<<\s+(.*?)\s+>>"/g, "$1");
