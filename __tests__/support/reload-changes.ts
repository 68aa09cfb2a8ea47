import { readFileSync, writeFileSync } from "node:fs";
import { createAccount, createCurve } from "nkeys.js";
import { findNatsServer } from "../../cli/core/tools";
import { type ConfObject, type ConfValue, Raw } from "../../templates/nats-conf";
import { platforms, richEnvironment } from "./same-server";
import { SingleServer } from "./single-server";

/** A change of one key that a server's configuration may have. */
export type Change = readonly [key: string, change: (value: ConfValue, conf: ConfObject) => ConfValue | undefined];

/** The configuration with one key changed. */
export function edit(conf: ConfObject, key: string, change: Change[1]): ConfObject {
  const [head = "", ...rest] = key.split(".");
  const value = conf[head] as ConfValue;
  return {
    ...conf,
    [head]: rest.length > 0 ? (edit(value as ConfObject, rest.join("."), change) as ConfValue) : change(value, conf),
  };
}

/** The same certificate files under other names: what a changed path is to the server. */
export function copiedFiles(block: ConfValue): ConfValue {
  if (Array.isArray(block)) return block.map(copiedFiles);
  return Object.fromEntries(
    Object.entries(block as ConfObject).map(([key, value]) => {
      if (key === "certs") return [key, copiedFiles(value as ConfValue)];
      if (!key.endsWith("_file")) return [key, value];
      const copy = `${value}.copy`;
      writeFileSync(copy, readFileSync(value as string), { mode: 0o600 });
      return [key, copy];
    }),
  );
}

/** Account JWTs without one that nothing depends on. */
function withoutOne(preload: ConfObject, { system_account }: ConfObject): ConfObject {
  const [left] = Object.keys(preload).filter((account) => account !== system_account);
  return Object.fromEntries(Object.entries(preload).filter(([account]) => account !== left));
}

const other = () => "other";
const toggled = (value: ConfValue) => !value;
const next = (port: ConfValue) => (port as number) + 1;
const half = (list: ConfValue) => (list as ConfValue[]).slice(0, 1);

/** Keys that natsform does not write, and that raw values of the chart reach: each is set where it was not. */
const rawKeys: readonly [key: string, value: ConfValue][] = [
  ["allow_non_tls", true],
  ["authorization.auth_callout.allowed_accounts", ["APP"]],
  ["client_advertise", "nats.example.com:4222"],
  ["cluster.accounts", ["APP"]],
  ["cluster.advertise", "core.example.com:6222"],
  ["cluster.compression", "s2_fast"],
  ["cluster.connect_retries", 7],
  ["cluster.host", "localhost"],
  ["cluster.ping_interval", "45s"],
  ["cluster.ping_max", 4],
  ["cluster.pool_size", 5],
  ["cluster.write_deadline", "9s"],
  ["cluster.write_timeout", "close"],
  ["connect_error_reports", 10],
  ["debug", true],
  ["default_js_domain", { OTHER: "core" }],
  ["disable_sublist_cache", true],
  ["host", "localhost"],
  ["http_base_path", "/nats"],
  ["jetstream.extension_hint", "will_extend"],
  ["jetstream.info_queue_limit", 5000],
  ["jetstream.limits", { max_ack_pending: 5000 }],
  ["jetstream.max_buffered_msgs", 5000],
  ["jetstream.max_buffered_size", new Raw("64MiB")],
  ["jetstream.meta_compact", 1000],
  ["jetstream.meta_compact_size", new Raw("64MiB")],
  ["jetstream.meta_compact_sync", true],
  ["jetstream.request_queue_limit", 5000],
  ["jetstream.strict", false],
  ["leafnodes.advertise", "leaf.example.com:7422"],
  ["leafnodes.compression", "s2_fast"],
  ["leafnodes.host", "localhost"],
  ["leafnodes.min_version", "2.10.0"],
  ["leafnodes.reconnect", 5],
  ["leafnodes.write_deadline", "9s"],
  ["leafnodes.write_timeout", "close"],
  ["logtime", false],
  ["logtime_utc", true],
  ["mappings", { before: "after" }],
  ["max_closed_clients", 500],
  ["max_pending", new Raw("128MiB")],
  ["max_subscription_tokens", 20],
  ["max_subscriptions", 1000],
  ["max_traced_msg_len", 100],
  ["no_fast_producer_stall", true],
  ["no_header_support", true],
  ["ping_interval", "45s"],
  ["ping_max", 4],
  ["prof_block_rate", 1],
  ["reconnect_error_reports", 5],
  ["trace", true],
  ["trace_headers", true],
  ["trace_verbose", true],
  ["websocket.advertise", "ws.example.com:443"],
  ["websocket.handshake_timeout", "3s"],
  ["websocket.host", "localhost"],
  ["websocket.headers", { "X-Served-By": "nats" }],
  ["websocket.pass_cookie", "pass"],
  ["websocket.ping_interval", "45s"],
  ["websocket.same_origin", true],
  ["websocket.token_cookie", "token"],
  ["websocket.user_cookie", "user"],
  ["write_timeout", "close"],
];

/** One change for each key that natsform writes, by the mode in which it writes it, and for each that raw values reach. */
export const changes: Record<"callout" | "operator", readonly Change[]> = {
  callout: [
    ["accounts", (accounts) => ({ ...(accounts as ConfObject), NEW: {} })],
    ["authorization.auth_callout.account", () => "APP"],
    ["authorization.auth_callout.auth_users", half],
    ["authorization.auth_callout.issuer", () => createAccount().getPublicKey()],
    ["authorization.auth_callout.xkey", () => createCurve().getPublicKey()],
    ["authorization.timeout", () => 7],
    ["cluster.connect_backoff", toggled],
    ["cluster.name", other],
    ["cluster.no_advertise", toggled],
    ["cluster.port", next],
    ["cluster.routes", (routes) => [...(routes as string[]), "tls://127.0.0.1:1"]],
    ["cluster.tls", copiedFiles],
    ["feature_flags", () => ({ js_ack_fc_v2: true })],
    ["http_port", next],
    ["jetstream.domain", other],
    ["jetstream.max_concurrent_io", () => 128],
    ["jetstream.max_file_store", () => new Raw("512MiB")],
    ["jetstream.max_memory_store", () => new Raw("32MiB")],
    ["jetstream.max_outstanding_catchup", () => new Raw("64MiB")],
    ["jetstream.store_dir", (folder) => `${folder}.other`],
    ["jetstream.sync_interval", () => "5s"],
    ["jetstream.unique_tag", () => "rack:"],
    ["lame_duck_duration", () => "40s"],
    ["lame_duck_grace_period", () => "3s"],
    ["leafnodes.isolate_leafnode_interest", toggled],
    ["leafnodes.no_advertise", toggled],
    ["leafnodes.port", next],
    ["leafnodes.remotes", () => []],
    ["leafnodes.tls", copiedFiles],
    ["max_connections", () => 100],
    ["max_control_line", () => 8192],
    ["max_payload", () => new Raw("2MiB")],
    ["pid_file", (file) => `${file}.other`],
    ["port", next],
    ["proxy_protocol", toggled],
    ["server_metadata", () => ({ team: "other" })],
    ["server_name", other],
    ["server_tags", () => ["tier:silver"]],
    ["system_account", () => "APP"],
    ["tls", copiedFiles],
    ["websocket.allowed_origins", () => ["https://other.example.com"]],
    ["websocket.compression", toggled],
    ["websocket.port", next],
    ["websocket.tls", copiedFiles],
    ["write_deadline", () => "7s"],
    ...rawKeys.map(([key, value]): Change => [key, () => value]),
  ],
  operator: [
    ["default_sentinel", () => undefined],
    ["resolver.allow_delete", toggled],
    ["resolver.dir", (folder) => `${folder}.other`],
    ["resolver.interval", () => "3m"],
    ["resolver.timeout", () => "3s"],
    ["resolver_pinned_accounts", (_, { system_account }) => [system_account as string]],
    ["resolver_preload", (accounts, conf) => withoutOne(accounts as ConfObject, conf)],
    ["websocket.jwt_cookie", () => "jwt"],
  ],
};

/** Keys that have no other value to try. */
export const unchangeable = ["operator", "resolver.type"];

/** What monitoring says of keys whose value it shows: it has to change with them. */
const shown: Readonly<Record<string, (varz: Record<string, unknown>) => unknown>> = {
  max_connections: ({ max_connections }) => max_connections,
  max_payload: ({ max_payload }) => max_payload,
  ping_interval: ({ ping_interval }) => ping_interval,
  ping_max: ({ ping_max }) => ping_max,
  server_tags: ({ tags }) => tags,
  write_deadline: ({ write_deadline }) => write_deadline,
};
const isShown = (key: string) => key in shown;

const unproven = "it is taken over, and nothing shows that it changes what a running server does";
/** Keys that a running server takes over and that are a restart all the same. */
export const withheld: Readonly<Record<string, string>> = {
  "authorization.timeout": unproven,
  client_advertise: unproven,
  "cluster.accounts": unproven,
  "cluster.advertise": unproven,
  "cluster.compression": unproven,
  "cluster.connect_backoff": unproven,
  "cluster.connect_retries": unproven,
  "cluster.name": "the servers that are asked one after another would be two clusters meanwhile",
  "cluster.no_advertise": unproven,
  "cluster.ping_interval": unproven,
  "cluster.ping_max": unproven,
  "cluster.pool_size": unproven,
  "cluster.write_deadline": unproven,
  "cluster.write_timeout": unproven,
  connect_error_reports: unproven,
  debug: unproven,
  default_sentinel: unproven,
  "jetstream.meta_compact": unproven,
  "jetstream.meta_compact_size": unproven,
  "jetstream.meta_compact_sync": unproven,
  "leafnodes.compression": unproven,
  logtime: unproven,
  logtime_utc: unproven,
  mappings: unproven,
  max_control_line: unproven,
  max_traced_msg_len: unproven,
  no_fast_producer_stall: unproven,
  operator: "whom a server trusts it reads at its start",
  pid_file: "what looks for the server by its file would not find it",
  prof_block_rate: unproven,
  reconnect_error_reports: unproven,
  "resolver.allow_delete": unproven,
  "resolver.dir": "accounts are in the folder before",
  "resolver.interval": unproven,
  "resolver.timeout": unproven,
  "resolver.type": "it has no other value here",
  resolver_pinned_accounts: unproven,
  server_metadata: unproven,
  trace: unproven,
  trace_headers: unproven,
  trace_verbose: unproven,
};

/** A running server with every block of a configuration. Its hub is configured and never there. */
export async function startRich(mode: keyof typeof changes, version: string): Promise<SingleServer> {
  const program = findNatsServer(version);
  if (!program) throw new Error(`nats-server ${version} is not built`);
  const server = new SingleServer(program);
  const { clusters, nats, ...rest } = richEnvironment(mode, platforms["aws-ecs"]);
  const { core, hub } = clusters;
  // The cluster with every block first: that is the one whose server runs.
  await server.prepare({ ...rest, nats: { ...nats, version }, clusters: { core: core as never, hub: hub as never } });
  await server.start();
  return server;
}

/** What a running server does with each change: `reloaded`, or why not. */
export async function measureReload(version: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const mode of ["callout", "operator"] as const) {
    const server = await startRich(mode, version);
    const original = server.conf;
    try {
      for (const [key, change] of changes[mode]) {
        const before = await server.varz();
        const { reloaded, said } = await server.reload(edit(original, key, change));
        const after = await server.varz();
        if (reloaded && after?.config_digest === before?.config_digest) throw new Error(`${key}: nothing was changed`);
        const read = (varz: unknown) => JSON.stringify(shown[key]?.(varz as Record<string, unknown>));
        if (reloaded && isShown(key) && read(before) === read(after))
          throw new Error(`${key}: the server says that it took it over, and goes on with ${read(after)}`);
        found[key] = reloaded ? "reloaded" : said.replace(/^.*?Failed to reload server configuration: /, "");
        const { reloaded: isBack } = await server.reload(original);
        if (!isBack) throw new Error(`${version} does not go back after ${key}`);
      }
    } finally {
      await server.remove();
    }
  }
  return found;
}
