/**
 * Keys that a running server applies on reload, with everything below them, on every release that is tested. Measured
 * and written by `make server-version`.
 */
export const reloadableKeys: readonly string[] = [
  "accounts",
  "cluster.routes",
  "cluster.tls",
  "leafnodes.remotes",
  "leafnodes.tls",
  "max_connections",
  "max_payload",
  "resolver_preload",
  "server_tags",
  "tls",
  "websocket.tls",
  "write_deadline",
];
