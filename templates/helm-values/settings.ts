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
  ...Object.fromEntries(
    ["tls", "cluster.tls", "leafnodes.tls", "websocket.tls"].flatMap((block) =>
      // Whom a listener lets in, and as whom it shows itself. How it encrypts may be decided here.
      ["verify", "verify_and_map", "verify_cert_and_check_known_urls", "insecure", "ca_file", "cert_file", "key_file"]
        .concat(["certs", "cert_store", "cert_match", "cert_match_by", "ca_certs_match"])
        .map((key) => [`${block}.${key}`, "clusters.NAME.tls"]),
    ),
  ),
  resolver_pinned_accounts: "identity",
  "leafnodes.remotes": "clusters.NAME.leafOf",
  "websocket.compression": "clusters.NAME.websocket.compression",
  "websocket.allowed_origins": "clusters.NAME.websocket.allowedOrigins",
  "jetstream.enabled": "clusters.NAME.jetstream",
  "jetstream.disabled": "clusters.NAME.jetstream",
  "jetstream.domain": "clusters.NAME.jetstream.domain",
  "jetstream.max_memory_store": "clusters.NAME.jetstream.memory",
  "jetstream.max_file_store": "clusters.NAME.jetstream.file",
  "jetstream.sync_interval": "clusters.NAME.jetstream.durability",
  "jetstream.unique_tag": "clusters.NAME.jetstream.uniqueTag",
  "jetstream.max_outstanding_catchup": "clusters.NAME.jetstream.maxOutstandingCatchup",
  "jetstream.max_concurrent_io": "clusters.NAME.jetstream.maxConcurrentIo",
};

/** Who comes in by these has no rights that natsform knows of. */
const door = "would let in whom natsform knows nothing of";
/** Network policies, probes, certificates and programs count on these. */
const fixed = "is counted on by network policies, probes and programs";

/** Keys of a server's configuration that nobody decides: no setting stands for them. */
const confOwn: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["no_auth_user", "trusted_keys", "mqtt", "gateway"].map((key) => [key, door])),
  ...{ "cluster.authorization": door, "leafnodes.authorization": door, "websocket.authorization": door },
  ...{ "websocket.no_auth_user": door, "websocket.no_tls": door, allow_non_tls: door, prof_port: door },
  ...Object.fromEntries(
    ["", "cluster.", "leafnodes.", "websocket."].flatMap((block) =>
      ["listen", "host", "port"].map((key) => [`${block}${key}`, fixed]),
    ),
  ),
  ...Object.fromEntries(["http", "http_port", "https", "https_port", "http_base_path"].map((key) => [key, fixed])),
  "jetstream.store_dir": "is where the volume is",
};

/** The same of the chart's values. */
const valueOwn: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["nats", "cluster", "leafnodes", "websocket", "monitor"].map((block) => [`config.${block}.port`, fixed]),
  ),
  ...{ "config.monitor.enabled": fixed, "config.monitor.tls": fixed, "promExporter.port": fixed },
  ...{ "config.mqtt.enabled": door, "config.gateway.enabled": door },
};

/** Other names that nats-server has for keys, by their block (its `opts.go`, 2.15.2). Case means nothing to it. */
const otherNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "": {
    ...{ max_conn: "max_connections", leaf: "leafnodes", ws: "websocket", net: "host", monitor_port: "http_port" },
    ...{ operators: "operator", roots: "operator", root: "operator", root_operators: "operator" },
    ...{ root_operator: "operator", account_resolver: "resolver", accounts_resolver: "resolver" },
    ...{ system: "system_account", no_system_account: "system_account", no_system: "system_account" },
    ...{ no_sys_acc: "system_account", trusted: "trusted_keys" },
  },
  cluster: { net: "host" },
  leafnodes: { net: "host" },
  websocket: {
    ...{ net: "host", compress: "compression", authentication: "authorization" },
    ...{ allowed_origin: "allowed_origins", allow_origins: "allowed_origins", allow_origin: "allowed_origins" },
    ...{ origins: "allowed_origins", origin: "allowed_origins" },
  },
  jetstream: {
    ...{ max_mem_store: "max_memory_store", max_mem: "max_memory_store", max_file: "max_file_store" },
    ...{ enable: "enabled", disable: "disabled", sync: "sync_interval", store: "store_dir", storedir: "store_dir" },
  },
};

/** A key of the configuration by the name that this file has for it. */
function usualName(key: string): string {
  const [first = "", second, ...below] = key.toLowerCase().split(".");
  const block = otherNames[""]?.[first] ?? first;
  return [block, ...(second === undefined ? [] : [otherNames[block]?.[second] ?? second]), ...below].join(".");
}

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
    const keys = [...mergedKey(place), ...patchedKeys(place, got)].map(usualName);
    const named = (values: typeof valueOwn, conf: typeof confOwn) =>
      settingOf(place, values) ?? keys.map((key) => settingOf(key, conf)).find(Boolean);
    const setting = named(valueSettings, confSettings);
    const own = setting === undefined && named(valueOwn, confOwn);
    if (own) return [{ path, got, message: own, fix: "leave it out" }];
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

/** Of `nats` the chart has what stands in no block of the configuration. */
const block = "(?:(?<block>nats|cluster|leafnodes|websocket|jetstream|resolver)\\.)?(?:(?<tls>tls)\\.)?";
const merges = new RegExp(`^config\\.${block}merge\\.(?<key>.+)$`);
const patches = new RegExp(`^config\\.${block}patch\\.`);
const withinOf = ({ block, tls }: Record<string, string | undefined>) => [
  ...(block && block !== "nats" ? [block] : []),
  ...(tls ? [tls] : []),
];

/** The key of the configuration that a value is merged into. */
function mergedKey(place: string): string[] {
  const { key, ...within } = merges.exec(place)?.groups ?? {};
  return key === undefined ? [] : [[...withinOf(within), key].join(".")];
}

/** The keys of the configuration that an operation of a patch changes. */
function patchedKeys(place: string, operation: unknown): string[] {
  const found = patches.exec(place);
  if (!found || !isMap(operation)) return [];
  const within = withinOf(found.groups ?? {});
  return [operation.path, operation.from].flatMap((pointer) =>
    typeof pointer === "string" ? [[...within, ...pointer.split("/").slice(1)].join(".")] : [],
  );
}
