import { type ConfObject, type ConfValue, Include, Raw } from "../nats-conf";
import { merged } from "./merged";

type Values = Record<string, unknown>;
const at = (values: Values, ...path: string[]): Values =>
  path.reduce<Values>((value, key) => (value[key] ?? {}) as Values, values);

/** Ports that the chart has by itself: of listeners that natsform leaves alone. */
const ports: Values = { leafnodes: 7422, websocket: 8080, mqtt: 1883, gateway: 7222, profiling: 65432 };
const raw = (text: unknown) => `<< ${text} >>`;
const folder = (dir: unknown) => String(dir).replace(/\/$/, "");

/**
 * The configuration that the official chart 2.14.2 makes of its values: its `files/config/*.yaml`, in its notation. Where
 * Helm and the chart are at hand, a test compares the two. Of `patch` it knows no more than that there is one.
 */
export function chartConf(values: Values, release: { namespace: string }): Values {
  const config = at(values, "config");
  const name = String(values.fullnameOverride);
  const tls = (of: string, block: Values): Values => {
    const tlsCA = at(values, "tlsCA");
    if (!block.enabled) return {};
    const [cert, key] = [block.cert ?? "tls.crt", block.key ?? "tls.key"];
    const dir = folder(block.dir ?? `/etc/nats-certs/${of}`);
    const files = block.secretName ? { cert_file: `${dir}/${cert}`, key_file: `${dir}/${key}` } : {};
    const authority = tlsCA.enabled
      ? { ca_file: `${folder(tlsCA.dir ?? "/etc/nats-ca-cert")}/${tlsCA.key ?? "ca.crt"}` }
      : {};
    return { tls: adjusted({ ...files, ...authority }, block) };
  };
  const block = (of: string, written: (of: Values) => Values): Values => {
    const own = at(config, of);
    return own.enabled ? { [of]: adjusted(written(own), own) } : {};
  };
  const listener = (of: string): Values => {
    const own = at(config, of);
    return { port: own.port ?? ports[of], ...tls(of, at(own, "tls")) };
  };
  const [monitor, profiling] = [at(config, "monitor"), at(config, "profiling")];
  return adjusted(
    {
      server_name: raw("$SERVER_NAME"),
      lame_duck_grace_period: "10s",
      lame_duck_duration: "30s",
      pid_file: "/var/run/nats/nats.pid",
      ...listener("nats"),
      [at(monitor, "tls").enabled ? "https_port" : "http_port"]: monitor.port,
      ...block("cluster", (own) => ({
        name,
        no_advertise: own.noAdvertise,
        ...routesOf(own, name, release.namespace),
        ...listener("cluster"),
      })),
      ...block("leafnodes", () => ({ no_advertise: true, ...listener("leafnodes") })),
      ...block("websocket", (own) => ({ ...listener("websocket"), ...(!at(own, "tls").enabled && { no_tls: true }) })),
      ...block("mqtt", () => listener("mqtt")),
      ...block("gateway", () => ({ name, ...listener("gateway") })),
      ...(profiling.enabled ? { prof_port: profiling.port ?? ports.profiling } : {}),
      ...block("jetstream", storesOf),
      ...block("resolver", (own) => ({ dir: own.dir })),
    },
    config,
  );
}

/** A block with what its values merge into it. A patch may change anything, so it stands for itself. */
const adjusted = (written: Values, { merge, patch }: Values): Values => ({
  ...merged(written, (merge ?? {}) as Values),
  ...(Array.isArray(patch) && patch.length > 0 && { patch }),
});

function routesOf(cluster: Values, name: string, namespace: string): Values {
  const { user, password, useFQDN, k8sClusterDomain } = at(cluster, "routeURLs");
  const service = `${name}-headless`;
  const domain = useFQDN ? `${service}.${namespace}.svc.${k8sClusterDomain}` : service;
  const escaped = (text: unknown) => encodeURIComponent(String(text)).replaceAll("%20", "+");
  const login = user && password ? `${escaped(user)}:${escaped(password)}@` : "";
  const protocol = at(cluster, "tls").enabled ? "tls" : "nats";
  return {
    routes: Array.from(
      { length: Number(cluster.replicas) },
      (_, i) => `${protocol}://${login}${name}-${i}.${domain}:${cluster.port}`,
    ),
    ...(login && { authorization: { user, password } }),
  };
}

function storesOf(jetstream: Values): Values {
  const [memory, file] = [at(jetstream, "memoryStore"), at(jetstream, "fileStore")];
  return {
    max_memory_store: memory.enabled ? raw(memory.maxSize) : 0,
    ...(file.enabled
      ? { store_dir: file.dir, max_file_store: raw(file.maxSize ?? at(file, "pvc").size) }
      : { max_file_store: 0 }),
  };
}

/** The chart's notation as a tree, with its keys sorted, as the chart prints them. What is null is not there. */
export function asConf(values: Values): ConfObject {
  const entries = Object.entries(values)
    .filter(([, value]) => value !== null && value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(
    entries.map(([key, value]) =>
      key.endsWith("$include") ? [key.replace("$", ""), new Include(String(value))] : [key, asValue(value)],
    ),
  );
}

function asValue(value: unknown): ConfValue {
  if (Array.isArray(value)) return value.map(asValue);
  if (typeof value === "object" && value !== null) return asConf(value as Values);
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : new Raw(String(value));
  const syntax = /^<<\s+(.*?)\s+>>$/s.exec(String(value))?.[1];
  return syntax === undefined ? String(value) : new Raw(syntax);
}
