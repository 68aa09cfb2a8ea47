import type { Problem } from "../../model/config";
import { isMap } from "./merged";

/**
 * Keys of a server's configuration that a setting of the environment decides, with everything below them. The rest of
 * natsform knows the setting: certificates, network policies, rules and rows would not fit another value.
 */
const confSettings: Readonly<Record<string, string>> = {
  server_name: "clusters.NAME",
  server_tags: "clusters.NAME.platform",
  server_metadata: "nats.metadata",
  max_connections: "nats.maxConnections",
  max_payload: "nats.maxPayload",
  write_deadline: "nats.writeDeadline",
  proxy_protocol: "nats.proxyProtocol",
  feature_flags: "nats.featureFlags",
  accounts: "accounts",
  system_account: "identity",
  authorization: "identity",
  operator: "identity",
  resolver_preload: "identity",
  default_sentinel: "identity.sentinel",
  "resolver.type": "identity",
  "cluster.name": "clusters.NAME.natsName",
  "cluster.routes": "clusters.NAME.size",
  "leafnodes.remotes": "clusters.NAME.leafOf",
  "websocket.compression": "clusters.NAME.websocket.compression",
  "websocket.allowed_origins": "clusters.NAME.websocket.allowedOrigins",
  "jetstream.domain": "clusters.NAME.jetstream.domain",
  "jetstream.max_memory_store": "clusters.NAME.jetstream.memory",
  "jetstream.max_file_store": "clusters.NAME.jetstream.file",
  "jetstream.sync_interval": "clusters.NAME.jetstream.durability",
  "jetstream.unique_tag": "clusters.NAME.jetstream.uniqueTag",
  "jetstream.max_outstanding_catchup": "clusters.NAME.jetstream.maxOutstandingCatchup",
  "jetstream.max_concurrent_io": "clusters.NAME.jetstream.maxConcurrentIo",
};

/** Values of the chart that a setting decides, with everything below them. */
const valueSettings: Readonly<Record<string, string>> = {
  fullnameOverride: "clusters.NAME",
  nameOverride: "clusters.NAME",
  namespaceOverride: "clusters.NAME.platform.namespace",
  "service.name": "clusters.NAME",
  "headlessService.name": "clusters.NAME",
  "statefulSet.name": "clusters.NAME",
  "statefulSet.merge.spec.replicas": "clusters.NAME.size",
  "config.serverNamePrefix": "clusters.NAME",
  "config.cluster.enabled": "clusters.NAME.size",
  "config.cluster.replicas": "clusters.NAME.size",
  "config.cluster.routeURLs": "clusters.NAME.platform.clusterDomain",
  "config.leafnodes.enabled": "clusters.NAME.leafHub",
  "config.websocket.enabled": "clusters.NAME.websocket",
  "config.websocket.ingress": "clusters.NAME.platform.ingress",
  "config.jetstream.enabled": "clusters.NAME.jetstream",
  "config.jetstream.memoryStore": "clusters.NAME.jetstream.memory",
  "config.jetstream.fileStore.enabled": "clusters.NAME.jetstream.file",
  "config.jetstream.fileStore.maxSize": "clusters.NAME.jetstream.file",
  "config.jetstream.fileStore.pvc.enabled": "clusters.NAME.jetstream.file",
  "config.jetstream.fileStore.pvc.size": "clusters.NAME.jetstream.file",
  "config.jetstream.fileStore.pvc.storageClassName": "clusters.NAME.jetstream.storageClass",
  "config.resolver.enabled": "identity",
  "config.nats.tls.enabled": "clusters.NAME.tls",
  "config.nats.tls.secretName": "clusters.NAME.tls",
  "config.cluster.tls.enabled": "clusters.NAME.tls",
  "config.cluster.tls.secretName": "clusters.NAME.tls",
  "config.leafnodes.tls.enabled": "clusters.NAME.tls",
  "config.leafnodes.tls.secretName": "clusters.NAME.tls",
  "config.websocket.tls.enabled": "clusters.NAME.tls",
  "config.websocket.tls.secretName": "clusters.NAME.tls",
  "container.image.repository": "clusters.NAME.platform.images.nats",
  "container.image.registry": "clusters.NAME.platform.images.nats",
  "container.image.digest": "clusters.NAME.platform.images.nats",
  "container.image.fullImageName": "clusters.NAME.platform.images.nats",
  "container.image.tag": "nats.version",
  "container.resources": "clusters.NAME.platform.cpu and memory",
  "container.merge.resources": "clusters.NAME.platform.cpu and memory",
  "container.env.GOMEMLIMIT": "clusters.NAME.platform.memory",
  "reloader.enabled": "clusters.NAME.platform.reloader",
  "podTemplate.configChecksumAnnotation": "clusters.NAME.platform.reloader",
  "reloader.image.fullImageName": "clusters.NAME.platform.images.reloader",
  "promExporter.enabled": "clusters.NAME.platform.monitoring.exporter",
  "promExporter.image.fullImageName": "clusters.NAME.platform.images.exporter",
  "promExporter.podMonitor.enabled": "clusters.NAME.platform.monitoring.monitor",
  "podTemplate.topologySpreadConstraints.topology.kubernetes.io/zone": "clusters.NAME.platform.zones",
  "podTemplate.merge.spec.terminationGracePeriodSeconds": "clusters.NAME.platform.terminationGraceSeconds",
  "natsBox.enabled": "clusters.NAME.platform.natsBox",
  "natsBox.contexts": "clusters.NAME.platform.natsBox.users",
  "natsBox.defaultContextName": "clusters.NAME.platform.natsBox.users",
  "natsBox.container.image.fullImageName": "clusters.NAME.platform.images.natsBox",
};

/** The settings that are named; NAME stands for a cluster's. */
export const settingNames: ReadonlySet<string> = new Set([
  ...Object.values(confSettings),
  ...Object.values(valueSettings),
]);

/** Values of `chart.values` that a setting of the environment stands for. Pure; each names its setting. */
export function settingProblems(values: unknown, cluster: string): Problem[] {
  return [...leaves(values)].flatMap(({ path, got }) => {
    const place = path.join(".");
    if (isHeld(place, got)) {
      const message = "is natsform's own: Kubernetes would replace pods while natsform restarts them one by one";
      return [{ path, got, message, fix: "leave it out: natsform roll ENV --deployed restarts the servers" }];
    }
    const setting =
      settingOf(place, valueSettings) ??
      [...mergedKey(place), ...patchedKeys(place, got)].map((key) => settingOf(key, confSettings)).find(Boolean);
    if (!setting) return [];
    const message = "is what a setting of the environment stands for: the rest of the deployment would not fit";
    return [{ path, got, message, fix: `leave it out, and set ${setting.replace("NAME", cluster)}` }];
  });
}

/** What holds Kubernetes while servers are restarted: Helm would write over it in the middle. */
const held = "statefulSet.merge.spec.updateStrategy";

/** A value that reaches what is held, merged, or by an operation of a patch on it or on what it lies in. */
function isHeld(place: string, got: unknown): boolean {
  if (!/^statefulSet\.patch\./.test(place)) return isWithin(place, held) || (isWithin(held, place) && !isMap(got));
  const pointers = isMap(got) ? [got.path, got.from] : [];
  return pointers.some(
    (pointer) => typeof pointer === "string" && /^(|\/spec|\/spec\/updateStrategy(\/.*)?)$/.test(pointer),
  );
}

type Path = Problem["path"];

/** Every value that replaces whatever is below its path; of a patch each operation. */
function* leaves(value: unknown, path: Path = []): Generator<{ path: Path; got: unknown }> {
  if (Array.isArray(value) && path.at(-1) === "patch") {
    for (const [i, item] of value.entries()) yield { path: [...path, i], got: item };
  } else if (isMap(value)) {
    for (const [key, item] of Object.entries(value)) yield* leaves(item, [...path, key]);
  } else yield { path, got: value };
}

const isWithin = (place: string, name: string) => place === name || place.startsWith(`${name}.`);

/** The setting of a place, of what it lies in, or of something that lies in it. */
const settingOf = (place: string, settings: Readonly<Record<string, string>>): string | undefined =>
  Object.entries(settings).find(([name]) => isWithin(place, name) || isWithin(name, place))?.[1];

const block = "(?:(?<block>cluster|leafnodes|websocket|jetstream|resolver)\\.)?";
const merges = new RegExp(`^config\\.${block}merge\\.(?<key>.+)$`);
const patches = new RegExp(`^config\\.${block}patch\\.`);

/** The key of the configuration that a value is merged into. */
function mergedKey(place: string): string[] {
  const { block, key } = merges.exec(place)?.groups ?? {};
  return key === undefined ? [] : [[...(block ? [block] : []), key].join(".")];
}

/** The keys of the configuration that an operation of a patch changes. */
function patchedKeys(place: string, operation: unknown): string[] {
  const found = patches.exec(place);
  if (!found || !isMap(operation)) return [];
  const within = found.groups?.block ? [found.groups.block] : [];
  return [operation.path, operation.from].flatMap((pointer) =>
    typeof pointer === "string" ? [[...within, ...pointer.split("/").slice(1)].join(".")] : [],
  );
}
