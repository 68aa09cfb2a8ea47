import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { twinFolder } from "../../cli/core/twin-folder";
import { MemoryStore } from "../../cli/keys/store";
import { allocatePorts } from "../../cli/twin/ports";
import { configDigest } from "../../cli/twin/servers";
import { twinSite } from "../../cli/twin/site";
import type { Trust } from "../../model/config";
import type { ServerTopology } from "../../model/topology";
import { isOnKubernetes, trustOf } from "../../model/topology";
import { RENEWAL_USER } from "../../runtime/certificate-renewal/contract";
import { helmValues } from "../../templates/helm-values";
import { chartConf } from "../../templates/helm-values/chart-conf";
import {
  type ConfObject,
  type ConfValue,
  Include,
  isBlock,
  platformSite,
  printConf,
  Raw,
  renderedDigest,
  serverConf,
  siteKeys,
  withoutSite,
} from "../../templates/nats-conf";
import { findProgram } from "../support/programs";
import { platforms, type RichServer, richTopology } from "../support/same-server";

const natsServer = findProgram("nats-server") as string;
const folder = mkdtempSync(join(tmpdir(), "natsform-digest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let file = 0;
/** The digest of nats-server, or its refusal: both are unlike the digest of another configuration. */
async function digest(conf: ConfObject): Promise<string> {
  const path = join(folder, `${file++}.conf`);
  // `-t` looks whether a resolver's folder is there: the same one for all.
  const resolver = conf.resolver && { ...(conf.resolver as ConfObject), dir: folder };
  writeFileSync(path, printConf({ ...conf, resolver }));
  try {
    return await configDigest(natsServer, path);
  } catch (error) {
    return `refused: ${String(error)}`;
  } finally {
    rmSync(path);
  }
}

/** Servers are named by ordinal where the platform numbers them; on hosts they carry their machine's name. */
const asCore0 = (conf: ConfObject): ConfObject => ({ ...conf, server_name: "core-0" });

const firstServer = ({ cluster }: RichServer) => cluster.servers[0] as ServerTopology;
const onPlatform = (rich: RichServer): ConfObject =>
  serverConf({ ...rich, server: firstServer(rich), site: platformSite(rich.topology, rich.cluster) });
const asTwin = (rich: RichServer): ConfObject => {
  const site = twinSite(
    rich.topology,
    rich.cluster,
    firstServer(rich),
    allocatePorts(rich.topology, 14_220),
    twinFolder("/tmp", "x"),
  );
  return serverConf({ ...rich, server: firstServer(rich), site });
};

/** What the chart makes of its values; `helm-values.test.ts` compares it with Helm's own rendering. */
function fromChart({ topology, cluster, trust }: RichServer): ConfObject {
  if (!isOnKubernetes(cluster)) throw new Error(`${cluster.name} is not on Kubernetes`);
  const { namespace } = cluster.platform;
  return asConf(chartConf(helmValues({ topology, cluster, trust }), { namespace })) as ConfObject;
}
function asConf(value: unknown, key = ""): ConfValue {
  if (Array.isArray(value)) return value.map((item) => asConf(item));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([name, item]) => [name.replace("$", ""), asConf(item, name)]);
    return Object.fromEntries(entries) as ConfObject;
  }
  if (key === "$include") return new Include(String(value));
  const raw = /^<< (.*) >>$/.exec(String(value))?.[1];
  return raw === undefined ? (value as ConfValue) : new Raw(raw);
}

describe.each(["callout", "operator"] as const)("in %s mode", (mode) => {
  const store = new MemoryStore();
  let trust: Trust | undefined;
  const made = new Map<string, RichServer>();
  const rich = async (name: keyof typeof platforms): Promise<RichServer> => {
    const one = made.get(name) ?? (await richTopology(mode, platforms[name], store, trust));
    made.set(name, one);
    trust = one.trust;
    return one;
  };

  test("every platform and its twin are the same server", async () => {
    const digests = new Map<string, string>();
    for (const name of Object.keys(platforms) as (keyof typeof platforms)[]) {
      const one = await rich(name);
      digests.set(name, await digest(asCore0(withoutSite(onPlatform(one)))));
      digests.set(`twin of ${name}`, await digest(asCore0(withoutSite(asTwin(one)))));
      if (!isOnKubernetes(one.cluster)) continue;
      digests.set(`chart on ${name}`, await digest(asCore0(withoutSite(fromChart(one)))));
    }
    const [desired] = digests.values();
    expect(desired).toMatch(/^sha256:/);
    expect([...digests.keys()]).toEqual(expect.arrayContaining(["aws-ecs", "twin of aws-ecs", "chart on gke"]));
    expect(Object.fromEntries(digests)).toEqual(Object.fromEntries([...digests.keys()].map((key) => [key, desired])));
  });

  test("a deployment knows what each server has to report, without the server", async () => {
    for (const name of ["aws-ecs", "generic"] as const) {
      const conf = { ...withoutSite(onPlatform(await rich(name))), resolver: undefined };
      expect(renderedDigest(conf, () => undefined)).toBe(await digest(conf));
    }
  });

  test("where a job renews certificates, its user is all that servers know besides", async () => {
    const without = await rich("generic");
    const job = await richTopology(mode, platforms.generic, store, without.trust, ({ clusters }) => {
      for (const cluster of Object.values(clusters)) cluster.tls = { mount: "pki", role: "nats" };
    });
    const user = trustOf(job.trust, job.cluster.name).users[RENEWAL_USER];
    if (!user) throw new Error("no job renews");
    // In operator mode users are no part of the configuration, but accounts revoke those of other clusters.
    const besides = (one: RichServer) => ({ ...withoutSite(onPlatform(one)), resolver_preload: undefined });
    const desired = await digest(besides(without));
    const conf = besides(job);
    expect((await digest(conf)) === desired).toBe(mode === "operator");
    expect(await digest(withoutUser(conf, user))).toBe(desired);
  });

  test("as they stand, with their places, they differ", async () => {
    const one = await rich("aws-ecs");
    expect(await digest(onPlatform(one))).not.toBe(await digest(asTwin(one)));
  });

  test("whatever else is changed or left out, the digest shows", async () => {
    const conf = onPlatform(await rich("aws-ecs"));
    const desired = await digest(withoutSite(conf));
    const paths = leaves(conf);
    expect(paths.length).toBeGreaterThan(40);
    for (const path of paths) {
      for (const mutant of mutants(conf, path)) {
        const same = (await digest(withoutSite(mutant))) === desired;
        expect({ path: path.join("."), same }).toEqual({ path: path.join("."), same: isPlaced(conf, path) });
      }
    }
  });

  test("the list names no key that is not there", async () => {
    const seen = new Set<string>();
    for (const name of ["aws-ecs", "generic", "hosts"] as const) {
      const one = await rich(name);
      for (const conf of [onPlatform(one), asTwin(one)]) for (const path of allPaths(conf)) seen.add(path);
    }
    const elsewhere =
      mode === "operator" ? ["leafnodes.remotes.include"] : ["leafnodes.remotes.credentials", "resolver.dir"];
    // Blocks with a single certificate have no list of them, and listeners that verify nobody no authority.
    const single = siteKeys.filter((key) => /certs$|ca_file$/.test(key));
    expect(siteKeys.filter((key) => !seen.has(key) && !elsewhere.includes(key) && !single.includes(key))).toEqual([]);
  });
});

/** Without the user in the account's users and wherever else a list names it. */
function withoutUser<T extends ConfValue>(value: T, key: string): T {
  if (!isTree(value)) return value;
  const isUser = (item: ConfValue) => item === key || (isBlock(item) && item.nkey === key);
  if (Array.isArray(value)) {
    return value.filter((item) => !isUser(item)).map((item) => withoutUser(item, key)) as unknown as T;
  }
  const entries = Object.entries(value).map(([name, item]) => [
    name,
    item === undefined ? item : withoutUser(item, key),
  ]);
  return Object.fromEntries(entries) as T;
}

type Path = (string | number)[];
const isTree = (value: ConfValue): value is ConfObject | readonly ConfValue[] => Array.isArray(value) || isBlock(value);

function leaves(value: ConfValue, path: Path = []): Path[] {
  if (!isTree(value)) return [path];
  const entries: [string | number, ConfValue | undefined][] = Array.isArray(value)
    ? value.map((item, i) => [i, item])
    : Object.entries(value);
  return entries.flatMap(([key, item]) => (item === undefined ? [] : leaves(item, [...path, key])));
}

/** Every key's dotted path, without the numbers of lists. */
const allPaths = (conf: ConfObject) =>
  leaves(conf).flatMap((path) => {
    const keys = path.filter((part) => typeof part === "string");
    return keys.map((_, i) => keys.slice(0, i + 1).join("."));
  });

function isPlaced(conf: ConfObject, path: Path): boolean {
  const keys = path.filter((part) => typeof part === "string");
  if (keys.some((_, i) => siteKeys.includes(keys.slice(0, i + 1).join(".")))) return true;
  return keys[0] === "server_tags" && String((conf.server_tags as string[])[path[1] as number]).startsWith("az:");
}

/** The configuration with one value changed, and with it removed. */
function mutants(conf: ConfObject, path: Path): ConfObject[] {
  return [edit(conf, path, changed), edit(conf, path, () => undefined)];
}

function changed(value: ConfValue): ConfValue {
  if (value instanceof Raw) return new Raw("12345678");
  if (value instanceof Include) return new Include("elsewhere.conf");
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  return `${String(value).startsWith("az:") ? "az:" : ""}${value as string}x`;
}

function edit(value: ConfObject, path: Path, how: (value: ConfValue) => ConfValue | undefined): ConfObject {
  const [head, ...rest] = path as [string | number, ...Path];
  const copy = (Array.isArray(value) ? [...value] : { ...value }) as Record<string | number, ConfValue | undefined>;
  copy[head] =
    rest.length > 0 ? (edit(copy[head] as ConfObject, rest, how) as ConfValue) : how(copy[head] as ConfValue);
  if (!Array.isArray(copy) || copy[head] !== undefined) return copy as ConfObject;
  return (copy as unknown as ConfValue[]).filter((item) => item !== undefined) as unknown as ConfObject;
}
