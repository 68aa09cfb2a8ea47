import { type ConfObject, type ConfValue, isBlock } from "./tree";

/**
 * The keys that depend on the site of a server alone: addresses, ports and paths. Two platforms render the same server
 * when their configurations are equal without these. The list is closed; a test changes every other key and demands
 * that the difference shows.
 */
export const siteKeys: readonly string[] = [
  // addresses
  "host",
  "cluster.host",
  "leafnodes.host",
  "websocket.host",
  "cluster.routes",
  "leafnodes.remotes.urls",
  // ports
  "port",
  "http_port",
  "cluster.port",
  "leafnodes.port",
  "websocket.port",
  // paths
  "pid_file",
  "jetstream.store_dir",
  "resolver.dir",
  "leafnodes.remotes.credentials",
  "leafnodes.remotes.include",
  ...["tls", "cluster.tls", "leafnodes.tls", "leafnodes.remotes.tls", "websocket.tls"].flatMap((block) => [
    `${block}.cert_file`,
    `${block}.key_file`,
    `${block}.ca_file`,
    // Public and internal certificates side by side, where the platform does not end the public one's TLS itself.
    `${block}.certs`,
  ]),
];

/** Zones are addresses of the coarser kind: a tag of this key is known only where natsform itself places the server. */
const zoneTag = /^az:/;

/** A configuration without the keys of its site. */
export function withoutSite(object: ConfObject, path = ""): ConfObject {
  const kept = Object.entries(object).flatMap(([key, value]): [string, ConfValue][] => {
    const keyPath = path ? `${path}.${key}` : key;
    if (value === undefined || siteKeys.includes(keyPath)) return [];
    if (keyPath !== "server_tags") return [[key, valueWithoutSite(value, keyPath)]];
    const tags = (value as readonly string[]).filter((tag) => !zoneTag.test(tag));
    return tags.length > 0 ? [[key, tags]] : [];
  });
  return Object.fromEntries(kept);
}

function valueWithoutSite(value: ConfValue, path: string): ConfValue {
  if (Array.isArray(value)) return value.map((item) => valueWithoutSite(item, path));
  return isBlock(value) ? withoutSite(value, path) : value;
}
