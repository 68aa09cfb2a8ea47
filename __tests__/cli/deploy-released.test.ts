import { gzipSync } from "node:zlib";
import { judgeDigest, refusedReload } from "../../cli/core/judge-digest";
import { expectedKeys, lacking } from "../../cli/deploy/kubernetes/certificate-secrets";
import { asInput, compareObjects, judgeObjects } from "../../cli/deploy/kubernetes/compare-objects";
import { type Manifest, readRelease } from "../../cli/deploy/kubernetes/released";
import { renderedDigest } from "../../cli/deploy/kubernetes/rendered";
import { clusterSecrets } from "../../model/topology";
import { configDigest } from "../../templates/nats-conf";

const conf = '{\n  "max_payload": 8MiB,\n  "server_name": $SERVER_NAME\n}';
const manifest = `---
apiVersion: v1
kind: ConfigMap
metadata:
  name: nats-config
data:
  nats.conf: |
${conf.replaceAll(/^/gm, "    ")}
---
# nothing
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: nats
spec:
  template:
    spec:
      containers:
        - name: nats
          env:
            - name: POD_NAME
              valueFrom: { fieldRef: { fieldPath: metadata.name } }
            - name: SERVER_NAME
              value: "eu-$(POD_NAME)"
`;
/** As Helm stores it. */
const stored = (text: string) =>
  Buffer.from(gzipSync(JSON.stringify({ manifest: text, config: { a: 1 } })).toString("base64")).toString("base64");

describe("what Helm has released", () => {
  const { objects, values } = readRelease(stored(manifest));

  test("is read as Helm stores it", () => {
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      "ConfigMap nats-config",
      "StatefulSet nats",
    ]);
    expect(values).toEqual({ a: 1 });
  });

  test("says what each server has to run", () => {
    const digest = configDigest({ max_payload: 8 * 2 ** 20, server_name: "eu-nats-1" });
    expect(renderedDigest(objects, "nats-1")).toEqual({ digest });
    expect(renderedDigest(objects, "nats-2")).not.toEqual({ digest });
  });

  test("with something that only the pod knows is not guessed", () => {
    const other = readRelease(stored(manifest.replace("8MiB", "$SIZE"))).objects;
    expect(renderedDigest(other, "nats-0")).toEqual({ unknown: "$SIZE is not known here" });
    expect(renderedDigest([], "nats-0")).toEqual({ unknown: "the release has no nats.conf" });
  });

  test("with a login of a leaf node is what its file makes of it", () => {
    const text = manifest.replace('"max_payload": 8MiB,', "include ../nats-creds/leaf-edge-APP.conf;");
    const { objects } = readRelease(stored(text));
    const include = (path: string) => (path.endsWith("/leaf-edge-APP.conf") ? { nkey: "SU" } : undefined);
    const digest = configDigest({ nkey: "SU", server_name: "eu-nats-0" });
    expect(renderedDigest(objects, "nats-0", include)).toEqual({ digest });
    expect(renderedDigest(objects, "nats-0")).toMatchObject({ unknown: expect.stringMatching(/leaf-edge-APP/) });
  });
});

const refused = `[1] [INF] Reloaded server configuration (sha256:aa)
[1] [ERR] Failed to reload server configuration: config reload not supported for MaxClosedClients: old=10000, new=500
[1] [INF] something else`;

test("a server that refused its new configuration is named with the key", () => {
  const rendered = { digest: `sha256:${"1".repeat(64)}` };
  expect(judgeDigest(rendered.digest, rendered, refused)).toEqual({ ok: true, seen: "sha256:111111111111" });
  expect(judgeDigest(`sha256:${"2".repeat(64)}`, rendered, refused)).toEqual({
    ok: false,
    seen: "runs sha256:222222222222, rendered sha256:111111111111; it refused the reload: config reload not supported for MaxClosedClients: old=10000, new=500",
  });
  expect(judgeDigest(undefined, rendered, "")).toEqual({ ok: false, seen: "runs none, rendered sha256:111111111111" });
  expect(judgeDigest("sha256:2", { unknown: "$A is not known here" }, "")).toMatchObject({ ok: true, warns: true });
});

test("a reload that was taken over since is no refusal any more", () => {
  expect(refusedReload(refused)).toMatch(/MaxClosedClients/);
  expect(refusedReload(`${refused}\n[1] [INF] Reloaded server configuration (sha256:bb)`)).toBeUndefined();
  expect(refusedReload("")).toBeUndefined();
});

describe("the objects of a release", () => {
  const object = (kind: string, name: string, more: object = {}): Manifest => ({
    apiVersion: "v1",
    kind,
    metadata: { name },
    ...more,
  });
  const released = [object("ConfigMap", "nats-config"), object("StatefulSet", "nats", { spec: { replicas: 3 } })];
  const live = (replicas: number) => [
    object("ConfigMap", "nats-config"),
    {
      ...object("StatefulSet", "nats", { spec: { replicas, revisionHistoryLimit: 10 }, status: { replicas } }),
      metadata: { name: "nats", generation: 7, resourceVersion: "1" },
    },
  ];

  test("are all there as released", () => {
    expect(judgeObjects(compareObjects(released, live(3), live(3)))).toEqual({
      ok: true,
      warns: false,
      seen: "2 of 2 objects as released",
    });
  });

  test("that somebody deleted are missed, and made again", () => {
    const state = compareObjects(released, live(3).slice(1), live(3));
    expect(state.missing).toEqual([released[0]]);
    expect(judgeObjects(state)).toMatchObject({
      ok: false,
      seen: "1 of 2 objects as released; missing: ConfigMap nats-config",
    });
  });

  test("that somebody changed are named, with the place", () => {
    expect(judgeObjects(compareObjects(released, live(5), live(3)))).toEqual({
      ok: true,
      warns: true,
      seen: "1 of 2 objects as released; changed by hand: StatefulSet nats: spec.replicas",
    });
    // Where a dry run is not allowed, nothing is claimed.
    expect(compareObjects(released, live(5), []).changed).toEqual([]);
  });

  test("are one document for kubectl, which reads no second one in JSON", () => {
    expect(JSON.parse(asInput(released))).toEqual({ apiVersion: "v1", kind: "List", items: released });
  });

  test("are missing as a whole before the first release", () => {
    expect(judgeObjects(undefined)).toEqual({ ok: false, seen: "there is no release" });
  });
});

test("a Secret that was deleted, and came back empty, lacks its certificate", () => {
  const keys = expectedKeys(clusterSecrets("nats"), [
    { id: "internal", issuer: "internal" },
    { id: "routes", issuer: "routes" },
  ]);
  expect([...keys.keys()]).toEqual(["nats-internal-tls", "nats-authorities", "nats-routes-tls"]);
  const internal = keys.get("nats-internal-tls") ?? new Set();
  const all = ["nats-internal-tls: tls.crt", "nats-internal-tls: tls.key"];
  expect(lacking("nats-internal-tls", internal, "")).toEqual(all);
  expect(lacking("nats-internal-tls", internal, JSON.stringify({ data: { owner: "bmF0c2Zvcm0=" } }))).toEqual(all);
  const data = { "tls.crt": "YQ==", "tls.key": "YQ==" };
  expect(lacking("nats-internal-tls", internal, JSON.stringify({ data }))).toEqual([]);
});
