/**
 * A part of the chart's values: `value` for one value of whatever kind, `free` for what goes to Kubernetes or NATS
 * unchanged, `each` for maps whose keys are names and whose values are alike, and otherwise the keys that are known.
 */
export type ChartKeys = "value" | "free" | { each: ChartKeys } | { readonly keys: Readonly<Record<string, ChartKeys>> };

const keys = (...known: (string | Record<string, ChartKeys>)[]): { keys: Record<string, ChartKeys> } => ({
  keys: Object.assign({}, ...known.map((one) => (typeof one === "string" ? values(one) : one))),
});
const values = (names: string) => Object.fromEntries(names.split(" ").map((name) => [name, "value" as const]));
const adjusted = { merge: "free", patch: "free" } as const;

const image = keys("repository tag pullPolicy registry digest fullImageName");
const tls = keys("enabled secretName dir cert key", adjusted);
const listener = keys("enabled port", { tls }, adjusted);
const named = keys("name", adjusted);
const account = keys("enabled name", adjusted);
const claim = keys("enabled size storageClassName name", adjusted);
const onService = keys("enabled port nodePort name targetPort protocol appProtocol");
const container = { env: { each: "free" }, ...adjusted } as const;
const listeners = ["nats", "leafnodes", "websocket", "mqtt", "cluster", "gateway", "monitor", "profiling"];
const byListener = (of: ChartKeys) => keys(Object.fromEntries(listeners.map((name) => [name, of])));
const login = (file: string) => keys(`contents secretName dir ${file}`);

const config = keys("serverNamePrefix", adjusted, {
  cluster: keys("enabled port replicas noAdvertise", adjusted, {
    routeURLs: keys("user password useFQDN k8sClusterDomain"),
    tls,
  }),
  jetstream: keys("enabled", adjusted, {
    fileStore: keys("enabled dir maxSize", { pvc: claim }),
    memoryStore: keys("enabled maxSize"),
  }),
  nats: keys("port", { tls }),
  leafnodes: listener,
  websocket: keys("enabled port", adjusted, {
    tls,
    ingress: keys("enabled hosts path pathType className tlsSecretName name", adjusted),
  }),
  mqtt: listener,
  gateway: listener,
  monitor: keys("enabled port", { tls: keys("enabled") }),
  profiling: keys("enabled port"),
  resolver: keys("enabled dir", adjusted, { pvc: claim }),
});

const natsBox = keys("enabled defaultContextName", {
  contexts: {
    each: keys(adjusted, { creds: login("key"), nkey: login("key"), tls: keys("secretName dir cert key") }),
  },
  container: keys(container, { image: { keys: { ...image.keys, resources: "free" } } }),
  deployment: named,
  podTemplate: keys(adjusted),
  contextsSecret: named,
  contentsSecret: named,
  serviceAccount: account,
});

/**
 * Every key of the values of the official chart 2.14.2. The chart itself has no schema: it ignores an unknown key
 * silently, and the setting is missing in the cluster.
 */
export const chartKeys = keys("nameOverride fullnameOverride namespaceOverride", {
  global: keys({ image: keys("pullPolicy pullSecretNames registry"), labels: "free" }),
  tlsCA: keys("enabled configMapName secretName dir key"),
  config,
  container: keys(container, { image, ports: byListener("free"), resources: "free" }),
  reloader: keys("enabled natsVolumeMountPrefixes", container, { image }),
  promExporter: keys("enabled port monitorDomain", container, { image, podMonitor: account }),
  service: keys("enabled name", adjusted, { ports: byListener(onService) }),
  statefulSet: named,
  podTemplate: keys("configChecksumAnnotation", adjusted, { topologySpreadConstraints: { each: "free" } }),
  headlessService: named,
  configMap: named,
  podDisruptionBudget: account,
  serviceAccount: account,
  natsBox,
  extraResources: "free",
});
