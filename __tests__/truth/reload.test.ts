import { MemoryStore } from "../../cli/keys/store";
import { reloadableKeys, reloadMatrix } from "../../model/change";
import { confReasons } from "../../templates/change/conf-reasons";
import { type ConfObject, type ConfValue, platformSite, restartDigest, serverConf } from "../../templates/nats-conf";
import { isBlock } from "../../templates/nats-conf/tree";
import { onEachRelease } from "../support/releases";
import {
  changes,
  copiedFiles,
  edit,
  measureReload,
  startRich,
  unchangeable,
  withheld,
} from "../support/reload-changes";
import { platforms, richTopology } from "../support/same-server";

const keys = [...changes.callout, ...changes.operator].map(([key]) => key);

/** Keys of a configuration, of lists and of what is below a key that is changed as a whole no more. */
function keysOf(conf: ConfObject, path = ""): string[] {
  return Object.entries(conf).flatMap(([name, value]) => {
    const key = path ? `${path}.${name}` : name;
    if (value === undefined) return [];
    return isBlock(value as ConfValue) && !keys.includes(key) ? keysOf(value as ConfObject, key) : [key];
  });
}

test.each(["callout", "operator"] as const)("every key that is written in %s mode has a change here", async (mode) => {
  const { topology, cluster, trust } = await richTopology(mode, platforms["aws-ecs"], new MemoryStore());
  const [server] = cluster.servers;
  if (!server) throw new Error("the cluster has no server");
  const conf = serverConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
  expect(keysOf(conf).filter((key) => !keys.includes(key) && !unchangeable.includes(key))).toEqual([]);
});

test("the matrix has every key that is tried here, and those that are withheld", () => {
  expect(Object.keys(reloadMatrix).sort()).toEqual([...new Set([...keys, ...Object.keys(withheld)])].sort());
});

test("what is withheld is not called reloadable", () => {
  expect(reloadableKeys.filter((key) => key in withheld || !keys.includes(key))).toEqual([]);
});

describe.each(onEachRelease)("nats-server $title", ({ version, program, test }) => {
  let measured: Record<string, string>;
  beforeAll(async () => {
    if (program) measured = await measureReload(version);
  });

  test.each(reloadableKeys)("takes %s over while it runs", (key) => {
    expect(measured[key]).toBe("reloaded");
  });

  test.each(keys.filter((key) => !reloadableKeys.includes(key)))(
    "%s is refused or withheld: it is a restart",
    (key) => {
      if (key in withheld) return;
      const known = reloadMatrix[key] ?? "";
      // Where releases differ, the matrix names the one that refuses it.
      if (measured[key] === "reloaded") expect(known).toMatch(/^\d+\.\d+\.\d+: /);
      else expect(measured[key]).toContain(known.replace(/^[\d.]+: /, ""));
      expect(known).toMatch(/config reload not supported for /);
    },
  );

  test("one refused key takes a renewed certificate with it", async () => {
    const server = await startRich("callout", version);
    try {
      const { conf } = server;
      const changed = edit(edit(conf, "tls", copiedFiles), "lame_duck_duration", () => "40s");
      const { reloaded, said } = await server.reload(changed);
      expect({ reloaded, said }).toMatchObject({ reloaded: false, said: expect.stringMatching(/LameDuckDuration/) });
    } finally {
      await server.remove();
    }
  });

  test("two configurations have one digest exactly when a reload leads from one to the other", async () => {
    for (const mode of ["callout", "operator"] as const) {
      const server = await startRich(mode, version);
      try {
        for (const [key, change] of changes[mode]) {
          const isEqual = restartDigest(edit(server.conf, key, change)) === restartDigest(server.conf);
          expect([key, isEqual]).toEqual([key, reloadableKeys.includes(key)]);
          // What is said of a change beforehand is what the digest decides afterwards.
          const said = confReasons(server.conf, edit(server.conf, key, change)).map(({ effect }) => effect);
          expect([key, said]).toEqual([key, [isEqual ? "reload" : "restart"]]);
        }
      } finally {
        await server.remove();
      }
    }
  });
});
