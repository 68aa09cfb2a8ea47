/**
 * Keys of the server's configuration by the version that first knows them. An unknown key stops nats-server at start,
 * so a key newer than the pinned version must never reach it. Source: server/opts.go of the tags named.
 */
export const serverKeys: Readonly<Record<string, string>> = {
  "authorization.auth_callout.allowed_accounts": "2.11.0",
  "cluster.connect_backoff": "2.12.0",
  "cluster.write_timeout": "2.12.2",
  default_sentinel: "2.12.0",
  feature_flags: "2.14.0",
  "jetstream.max_buffered_msgs": "2.11.0",
  "jetstream.max_buffered_size": "2.11.0",
  "jetstream.max_concurrent_io": "2.14.5",
  "jetstream.meta_compact": "2.12.2",
  "jetstream.meta_compact_size": "2.12.2",
  "jetstream.meta_compact_sync": "2.12.2",
  "leafnodes.isolate_leafnode_interest": "2.12.0",
  "leafnodes.remotes.disabled": "2.12.0",
  "leafnodes.remotes.ignore_discovered_servers": "2.14.0",
  proxy_protocol: "2.12.2",
  server_metadata: "2.12.0",
};

/** Negative, zero or positive as `a` is older than, the same as or newer than `b`. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(".").map(Number));
  for (let i = 0; i < 3; i++) {
    const difference = (left?.[i] ?? 0) - (right?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** True when a server of this version knows the key, given as a dotted path without list indexes. */
export function knowsKey(version: string, key: string): boolean {
  const since = serverKeys[key];
  return since === undefined || compareVersions(version, since) >= 0;
}
