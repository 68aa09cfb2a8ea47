import { readFileSync, writeFileSync } from "node:fs";
import { type ConfObject, type ConfValue, Raw, reloadableKeys, restartDigest } from "../../templates/nats-conf";
import { platforms, richEnvironment } from "../support/same-server";
import { SingleServer } from "../support/single-server";

type Change = [path: string, change: (value: ConfValue, conf: ConfObject) => ConfValue];

const edit = (conf: ConfObject, path: string, change: Change[1]): ConfObject => {
  const [head = "", ...rest] = path.split(".");
  const value = conf[head] as ConfValue;
  return {
    ...conf,
    [head]: rest.length > 0 ? (edit(value as ConfObject, rest.join("."), change) as ConfValue) : change(value, conf),
  };
};

/** The same certificate files under other names: what a changed path is to the server. */
function copyOf(path: string): string {
  const copy = `${path}.copy`;
  writeFileSync(copy, readFileSync(path), { mode: 0o600 });
  return copy;
}
const copiedFiles = (block: ConfValue): ConfValue => {
  if (Array.isArray(block)) return block.map(copiedFiles);
  return Object.fromEntries(
    Object.entries(block as ConfObject).map(([key, value]) => {
      if (key === "certs") return [key, copiedFiles(value as ConfValue)];
      return [key, key.endsWith("_file") ? copyOf(value as string) : value];
    }),
  );
};

/** One change for each key that we say a running server takes over. */
const reloaded: Change[] = [
  ["accounts", (accounts) => ({ ...(accounts as ConfObject), NEW: {} })],
  ["cluster.routes", (routes) => [...(routes as string[]), "tls://127.0.0.1:1"]],
  ["cluster.tls", copiedFiles],
  ["leafnodes.remotes", () => []],
  ["leafnodes.tls", copiedFiles],
  ["max_connections", () => 100],
  ["max_payload", () => new Raw("2MiB")],
  ["server_tags", () => ["tier:silver"]],
  ["tls", copiedFiles],
  ["websocket.tls", copiedFiles],
  ["write_deadline", () => "7s"],
];

/** Changes that must be a restart: the server refuses them, and everything else in the same file with them. */
const refused: Change[] = [
  ["server_name", () => "other"],
  ["system_account", () => "OTHER"],
  ["authorization.auth_callout.auth_users", (users) => (users as string[]).slice(0, 1)],
  ["jetstream.sync_interval", () => "5s"],
  ["jetstream.domain", () => "other"],
  ["jetstream.unique_tag", () => "rack:"],
  ["lame_duck_duration", () => "40s"],
  ["http_port", (port) => (port as number) + 1],
  ["websocket.allowed_origins", () => ["https://other.example.com"]],
  ["feature_flags", () => ({ js_ack_fc_v2: true })],
];

const server = new SingleServer();
let original: ConfObject;

beforeAll(async () => {
  const { clusters, ...rest } = richEnvironment("callout", platforms["aws-ecs"]);
  // The cluster with every block first; its hub is configured and never there.
  await server.prepare({ ...rest, clusters: { core: clusters.core as never, hub: clusters.hub as never } });
  original = server.conf;
  await server.start();
});
afterAll(() => server.remove());

test("every key that we call reloadable has its proof here, for both identity modes", () => {
  // Preloaded account JWTs are there in operator mode alone; the twin's tests add an account there.
  const proven = [...reloaded.map(([path]) => path), "resolver_preload"];
  expect(proven.sort()).toEqual([...reloadableKeys].sort());
});

test.each(reloaded)("%s is taken over by a running server", async (path, change) => {
  const before = (await server.varz())?.config_digest;
  const changed = edit(original, path, change);
  expect(restartDigest(changed)).toBe(restartDigest(original));
  expect(await server.reload(changed)).toMatchObject({ reloaded: true });
  expect((await server.varz())?.config_digest).not.toBe(before);
  expect(await server.reload(original)).toMatchObject({ reloaded: true });
});

test.each(refused)("%s is refused by a running server, so it is a restart to us", async (path, change) => {
  const changed = edit(original, path, change);
  expect(restartDigest(changed)).not.toBe(restartDigest(original));
  expect(await server.reload(changed)).toMatchObject({ reloaded: false });
  expect(await server.reload(original)).toMatchObject({ reloaded: true });
});

test("one refused key takes a renewed certificate with it", async () => {
  const changed = edit(edit(original, "tls", copiedFiles), "lame_duck_duration", () => "40s");
  const { reloaded, said } = await server.reload(changed);
  expect({ reloaded, said }).toMatchObject({ reloaded: false, said: expect.stringMatching(/LameDuckDuration/) });
});
