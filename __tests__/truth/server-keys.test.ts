import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findNatsServer } from "../../cli/core/tools";
import { MemoryStore } from "../../cli/keys/store";
import { compareVersions, knowsKey, serverKeys } from "../../model/config/server-keys";
import { testedReleases } from "../../model/config/server-releases";
import { type ConfObject, type ConfValue, gate, platformSite, printConf, serverConf } from "../../templates/nats-conf";
import { platforms, richTopology } from "../support/same-server";

/** Releases on both sides of every step of the table. */
const versions = [...["2.10.27", "2.11.17", "2.12.1", "2.12.12", "2.14.2"], ...testedReleases];

/** A value that is right for each key, so that a refusal can only be about the key. */
const samples: Record<string, ConfValue> = {
  "authorization.auth_callout.allowed_accounts": ["APP"],
  "cluster.connect_backoff": true,
  "cluster.write_timeout": "default",
  default_sentinel: "eyJ0eXAiOiJKV1QifQ.e30.AA",
  feature_flags: { js_ack_fc_v2: false },
  "jetstream.max_buffered_msgs": 1000,
  "jetstream.max_buffered_size": 1000,
  "jetstream.max_concurrent_io": 64,
  "jetstream.meta_compact": 1000,
  "jetstream.meta_compact_size": 1000,
  "jetstream.meta_compact_sync": true,
  "leafnodes.isolate_leafnode_interest": true,
  "leafnodes.remotes.disabled": true,
  "leafnodes.remotes.ignore_discovered_servers": true,
  proxy_protocol: true,
  server_metadata: { team: "messaging" },
};

/** Keys that a release took over from a later line. The table leaves them out there, which costs nothing. */
const backported: Record<string, readonly string[]> = {
  "2.11.17": ["cluster.write_timeout", "default_sentinel", "jetstream.meta_compact", "jetstream.meta_compact_size"],
};

const folder = mkdtempSync(join(tmpdir(), "natsform-keys-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What `nats-server -t` says to a configuration; empty when it accepts it. */
function verdict(natsServer: string, conf: ConfObject): string {
  const path = join(folder, "nats.conf");
  writeFileSync(path, printConf(conf));
  try {
    execFileSync(natsServer, ["-t", "-c", path], { stdio: "pipe", env: {} });
    return "";
  } catch (error) {
    return String((error as { stderr: Buffer }).stderr);
  }
}

/** The whole configuration of a server, without the files that the parser would look for. */
async function everything(): Promise<ConfObject> {
  const { topology, cluster, trust } = await richTopology("callout", platforms["aws-ecs"], new MemoryStore());
  const server = cluster.servers[0];
  if (!server) throw new Error("the cluster has no server");
  const conf = serverConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
  return JSON.parse(
    JSON.stringify(conf, (key, value) => (/^(tls|remotes|include)$/.test(key) ? undefined : value)),
    (_, value) =>
      typeof value === "object" && value !== null && typeof value.text === "string"
        ? Number.parseInt(value.text, 10)
        : value,
  ) as ConfObject;
}

/** The configuration with one key set, the blocks on the way to it included. */
function withKey(conf: ConfObject, path: string, value: ConfValue): ConfObject {
  const [head = "", ...rest] = path.split(".");
  if (rest.length === 0) return { ...conf, [head]: value };
  if (head === "remotes") return { ...conf, remotes: [withKey({ url: "nats://127.0.0.1:1" }, rest.join("."), value)] };
  return { ...conf, [head]: withKey((conf[head] as ConfObject) ?? {}, rest.join("."), value) };
}

test("every key of the table has a sample", () => {
  expect(Object.keys(samples).sort()).toEqual(Object.keys(serverKeys).sort());
});

describe.each(versions)("nats-server %s", (version) => {
  const natsServer = findNatsServer(version);
  const withServer = natsServer ? test : test.skip;
  const missing = natsServer ? "" : " (skipped: this release is not built, make old-servers builds it)";

  withServer(`accepts what is rendered for it${missing}`, async () => {
    expect(verdict(natsServer as string, gate(version, await everything()))).toBe("");
  });

  withServer.each(Object.keys(serverKeys))(`%s: known exactly when the table says so${missing}`, async (key) => {
    const said = verdict(
      natsServer as string,
      withKey(gate(version, await everything()), key, samples[key] as ConfValue),
    );
    const unknown = new RegExp(`unknown field "${key.split(".").at(-1)}"|${key.split(".").at(-1)}.*unknown`, "i");
    if (knowsKey(version, key) || backported[version]?.includes(key)) expect(said).not.toMatch(unknown);
    else expect(said).toMatch(unknown);
  });
});

test("versions are compared by number, not as text", () => {
  expect(["2.9.0", "2.12.12", "2.12.2", "2.14.5"].sort(compareVersions)).toEqual([
    "2.9.0",
    "2.12.2",
    "2.12.12",
    "2.14.5",
  ]);
});
