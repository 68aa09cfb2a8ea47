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

/** One change for each key that natsform writes, by the mode in which it writes it. */
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
  ],
  operator: [
    ["default_sentinel", () => undefined],
    ["resolver.allow_delete", toggled],
    ["resolver.dir", (folder) => `${folder}.other`],
    ["resolver.interval", () => "3m"],
    ["resolver.timeout", () => "3s"],
    ["resolver_preload", (accounts, conf) => withoutOne(accounts as ConfObject, conf)],
  ],
};

/** Keys that have no other value to try. */
export const unchangeable = ["operator", "resolver.type"];

const unproven = "that it changes what a running server does is not shown";
/** Keys that a running server takes over and that are a restart all the same. */
export const withheld: Readonly<Record<string, string>> = {
  "authorization.timeout": unproven,
  "cluster.connect_backoff": unproven,
  "cluster.name": "the servers that are asked one after another would be two clusters meanwhile",
  "cluster.no_advertise": unproven,
  default_sentinel: unproven,
  max_control_line: unproven,
  pid_file: "what looks for the server by its file would not find it",
  "resolver.allow_delete": unproven,
  "resolver.dir": "accounts are in the folder before",
  "resolver.interval": unproven,
  "resolver.timeout": unproven,
  server_metadata: unproven,
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
        const before = (await server.varz())?.config_digest;
        const { reloaded, said } = await server.reload(edit(original, key, change));
        if (reloaded && (await server.varz())?.config_digest === before) throw new Error(`${key}: nothing was changed`);
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
