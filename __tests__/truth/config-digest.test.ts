import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { judgeDigest } from "../../cli/core/judge-digest";
import { createPair, seedOf } from "../../cli/keys/seeds";
import { MemoryStore } from "../../cli/keys/store";
import demo from "../../environments/demo";
import type { EnvironmentInput } from "../../model/config";
import { isOnKubernetes } from "../../model/topology";
import { helmValues, readChartConf } from "../../templates/helm-values";
import { chartConf } from "../../templates/helm-values/chart-conf";
import { merged } from "../../templates/helm-values/merged";
import { configDigest, printConf, Raw, type ReadValue, UnreadableConf } from "../../templates/nats-conf";
import { chartText } from "../support/chart-text";
import { PodFolders } from "../support/kubernetes-folders";
import { findProgram } from "../support/programs";
import { platforms, richTopology } from "../support/same-server";
import { SingleServer } from "../support/single-server";

const natsServer = findProgram("nats-server") as string;
const folder = mkdtempSync(join(tmpdir(), "natsform-digest-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The digest that nats-server itself computes. */
function serverDigest(text: string, file = join(folder, "nats.conf")): string {
  writeFileSync(file, text);
  const { stderr, stdout } = spawnSync(natsServer, ["-t", "-c", file], {
    encoding: "utf8",
    env: { SERVER_NAME: "core-0", SIZE: "8MiB" },
  });
  return /sha256:[0-9a-f]{64}/.exec(stderr + stdout)?.[0] ?? stderr + stdout;
}

const seed = seedOf(createPair("user"));
const references = {
  variable: (name: string) => ({ SERVER_NAME: "core-0", SIZE: "8MiB" })[name],
  include: () => ({ nkey: seed }),
};

test("of what the chart makes, the digest is the server's own", async () => {
  const rich = await richTopology("callout", platforms.generic, new MemoryStore());
  if (!isOnKubernetes(rich.cluster)) throw new Error("not on Kubernetes");
  const folders = await PodFolders.make(rich.topology, rich.cluster);
  try {
    folders.write("/etc/nats-creds/leaf-core-APP.conf", `nkey: "${seed}"\n`);
    const values = helmValues({ ...rich, cluster: rich.cluster });
    const over = { config: { merge: { max_pending: "<< $SIZE >>", max_traced_msg_len: "<< 2KB >>", trace: true } } };
    const release = { namespace: rich.cluster.platform.namespace };
    const text = folders.placed(chartText(chartConf(merged(values, over), release)));
    expect(text).toContain("include ");
    const desired = serverDigest(text, join(folders.root, "etc/nats-config/nats.conf"));
    expect(desired).toMatch(/^sha256:/);
    expect(configDigest(readChartConf(text, references))).toBe(desired);
  } finally {
    folders.remove();
  }
});

test("of arbitrary values that the chart can print, it is the server's own", () => {
  const text = fc.string({ unit: fc.constantFrom(..."abc <>&é🚀\u2028'#/$\t\n\"\\") });
  const key = fc.string({ unit: fc.constantFrom(..."abcXYZé🚀<_&"), minLength: 1 }).map((name) => `k${name}`);
  const object = fc.dictionary(key, text, { maxKeys: 6 });
  fc.assert(
    fc.property(object, (made) => {
      // JSON has escapes that nats-server does not know: the chart cannot print these.
      fc.pre(!JSON.stringify(made).includes("\\u"));
      const conf = chartText({ server_metadata: made });
      expect(configDigest(readChartConf(conf, references))).toBe(serverDigest(conf));
    }),
    { numRuns: 40 },
  );
});

test("a variable that only the pod knows is no reason to guess", () => {
  const of = () => configDigest(readChartConf('{ "a": $OTHER }', references) as ReadValue);
  expect(of).toThrow(UnreadableConf);
  expect(of).toThrow("$OTHER is not known here");
});

test("a server that refuses a reload runs something else than what is rendered, and its log says why", async () => {
  const server = new SingleServer();
  try {
    await server.prepare(structuredClone(demo) as EnvironmentInput);
    await server.start();
    const before = (await server.varz())?.config_digest;
    expect(judgeDigest(before, { digest: before ?? "" }, server.log)).toMatchObject({ ok: true });
    // Both at once: the one is refused, and with it the other, which is reloaded alone.
    const conf = { ...server.conf, max_closed_clients: 500, max_payload: new Raw("3MiB") };
    expect(await server.reload(conf)).toMatchObject({ reloaded: false });
    const rendered = serverDigest(printConf(conf), join(folder, "refused.conf"));
    expect(rendered).toMatch(/^sha256:/);
    const judged = judgeDigest((await server.varz())?.config_digest, { digest: rendered }, server.log);
    expect(judged).toMatchObject({
      ok: false,
      seen: expect.stringMatching(/it refused the reload: .*MaxClosedClients/),
    });
  } finally {
    await server.remove();
  }
});
