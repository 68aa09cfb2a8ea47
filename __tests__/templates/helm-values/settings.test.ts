import { readFileSync } from "node:fs";
import { join } from "node:path";
import { helmValues, settingProblems } from "../../../templates/helm-values";
import { settingNames } from "../../../templates/helm-values/settings";
import { onKubernetes } from "../../support/kubernetes-context";

const said = (values: unknown) =>
  settingProblems(values, "nats").map(
    ({ path, fix }) => `${path.join(".")}: ${fix?.replace("leave it out, and set ", "")}`,
  );

test.each<[string, unknown, string]>([
  ["the number of servers", { config: { cluster: { replicas: 5 } } }, "config.cluster.replicas: clusters.nats.size"],
  [
    "the size of a volume",
    { config: { jetstream: { fileStore: { pvc: { size: "1Gi" } } } } },
    "config.jetstream.fileStore.pvc.size: clusters.nats.jetstream.file",
  ],
  ["the image", { container: { image: { tag: "2.14.2" } } }, "container.image.tag: nats.version"],
  [
    "a key of the configuration",
    { config: { merge: { max_payload: 1 } } },
    "config.merge.max_payload: nats.maxPayload",
  ],
  [
    "a key of one of its blocks",
    { config: { jetstream: { merge: { domain: "x" } } } },
    "config.jetstream.merge.domain: clusters.nats.jetstream.domain",
  ],
  [
    "the same from above",
    { config: { merge: { jetstream: { domain: "x" } } } },
    "config.merge.jetstream.domain: clusters.nats.jetstream.domain",
  ],
  [
    "what lies below a key",
    { config: { merge: { accounts: { A: { users: [] } } } } },
    "config.merge.accounts.A.users: accounts",
  ],
  [
    "a patch",
    { config: { patch: [{ op: "replace", path: "/max_payload", value: 1 }] } },
    "config.patch.0: nats.maxPayload",
  ],
  [
    "a patch of a block",
    { config: { cluster: { patch: [{ op: "replace", path: "/name", value: "x" }] } } },
    "config.cluster.patch.0: clusters.nats.natsName",
  ],
  ["what takes a key away", { config: { merge: { authorization: null } } }, "config.merge.authorization: identity"],
  [
    "resources, merged",
    { container: { merge: { resources: { limits: { cpu: "1" } } } } },
    "container.merge.resources.limits.cpu: clusters.nats.platform.cpu and memory",
  ],
  [
    "a key with dots",
    { podTemplate: { topologySpreadConstraints: { "topology.kubernetes.io/zone": null } } },
    "podTemplate.topologySpreadConstraints.topology.kubernetes.io/zone: clusters.nats.platform.zones",
  ],
])("%s is refused with the name of its setting", (_, values, expected) => expect(said(values)).toEqual([expected]));

test.each<[string, unknown, string[]]>([
  ["merged", { merge: { spec: { updateStrategy: { type: "RollingUpdate" } } } }, ["merge.spec.updateStrategy.type"]],
  ["taken away", { merge: { spec: null } }, ["merge.spec"]],
  ["patched", { patch: [{ op: "replace", path: "/spec/updateStrategy/type", value: "RollingUpdate" }] }, ["patch.0"]],
  ["patched as a whole", { patch: [{ op: "replace", path: "/spec", value: {} }] }, ["patch.0"]],
  ["other keys beside it", { merge: { spec: { minReadySeconds: 5 } }, patch: [{ op: "add", path: "/spec/a" }] }, []],
])("what would undo the hold of a roll is refused: %s", (_, statefulSet, refused) => {
  const problems = settingProblems({ statefulSet }, "nats");
  expect(problems.map(({ path }) => path.join("."))).toEqual(refused.map((path) => `statefulSet.${path}`));
  for (const { message, fix } of problems) {
    expect(message).toContain("Kubernetes would replace pods while natsform restarts them");
    expect(fix).toContain("natsform roll ENV --deployed");
  }
});

/** However NATS lets it be written, and wherever the chart takes it. */
test.each<[unknown, string]>([
  [{ config: { merge: { Max_Payload: 1 } } }, "config.merge.Max_Payload: nats.maxPayload"],
  [{ config: { merge: { max_conn: 1 } } }, "config.merge.max_conn: nats.maxConnections"],
  [{ config: { cluster: { merge: { Routes: [] } } } }, "config.cluster.merge.Routes: clusters.nats.size"],
  [{ config: { merge: { ws: { Origins: [] } } } }, "config.merge.ws.Origins: clusters.nats.websocket.allowedOrigins"],
  [{ config: { merge: { LEAF: { remotes: [] } } } }, "config.merge.LEAF.remotes: clusters.nats.leafOf"],
  [
    { config: { jetstream: { merge: { max_mem: 1 } } } },
    "config.jetstream.merge.max_mem: clusters.nats.jetstream.memory",
  ],
  [{ config: { merge: { operators: ["x"] } } }, "config.merge.operators: identity"],
  [{ config: { patch: [{ op: "add", path: "/Max_Conn", value: 1 }] } }, "config.patch.0: nats.maxConnections"],
  [
    { config: { leafnodes: { merge: { tls: { verify: false } } } } },
    "config.leafnodes.merge.tls.verify: clusters.nats.tls",
  ],
  [
    { config: { cluster: { tls: { merge: { verify: false } } } } },
    "config.cluster.tls.merge.verify: clusters.nats.tls",
  ],
  [{ config: { nats: { tls: { merge: { ca_file: "/x" } } } } }, "config.nats.tls.merge.ca_file: clusters.nats.tls"],
  [
    { config: { leafnodes: { tls: { patch: [{ op: "replace", path: "/verify", value: false }] } } } },
    "config.leafnodes.tls.patch.0: clusters.nats.tls",
  ],
])("%j is what a setting stands for", (values, expected) => expect(said(values)).toEqual([expected]));

test.each<[unknown, RegExp]>([
  [{ config: { merge: { no_auth_user: "guest" } } }, /let in whom natsform knows nothing of/],
  [{ config: { merge: { trusted: ["O"] } } }, /let in whom/],
  [{ config: { merge: { mqtt: { port: 1883 } } } }, /let in whom/],
  [{ config: { mqtt: { enabled: true } } }, /let in whom/],
  [{ config: { leafnodes: { merge: { authorization: { user: "a" } } } } }, /let in whom/],
  [{ config: { websocket: { merge: { no_tls: true } } } }, /let in whom/],
  [{ config: { nats: { port: 4333 } } }, /network policies, probes and programs/],
  [{ config: { leafnodes: { port: 4333 } } }, /network policies/],
  [{ config: { monitor: { enabled: false } } }, /network policies/],
  [{ config: { merge: { Listen: "0.0.0.0:4333" } } }, /network policies/],
  [{ config: { patch: [{ op: "add", path: "/monitor_port", value: 1 }] } }, /network policies/],
  [{ config: { jetstream: { merge: { storedir: "/tmp" } } } }, /where the volume is/],
])("%j is nobody's to decide", (values, why) => {
  expect(settingProblems(values, "nats")).toMatchObject([{ message: expect.stringMatching(why), fix: "leave it out" }]);
});

test("how a listener encrypts may be decided", () => {
  const tls = { merge: { min_version: "1.3", cipher_suites: ["TLS_AES_128_GCM_SHA256"], timeout: 5 } };
  expect(settingProblems({ config: { nats: { tls }, cluster: { tls }, leafnodes: { tls } } }, "nats")).toEqual([]);
});

test("what no setting stands for may be set", () => {
  const config = { merge: { max_closed_clients: 5, max_payloads: 1 }, websocket: { merge: { same_origin: true } } };
  const podTemplate = { merge: { spec: { nodeSelector: { disk: "ssd" } } } };
  expect(
    said({ config, podTemplate, service: { merge: { spec: { type: "LoadBalancer" } } }, extraResources: [{}] }),
  ).toEqual([]);
});

test("every value that natsform writes is a setting's, or may be another one", async () => {
  const { topology, cluster, trust } = await onKubernetes(({ platform }) => {
    platform.natsBox = {};
  });
  const refused = new Set(said(helmValues({ topology, cluster, trust })).map((line) => line.split(":")[0]));
  const open = [...new Set(paths(helmValues({ topology, cluster, trust })))].filter((path) => !refused.has(path));
  const mayDiffer =
    /\.port$|noAdvertise$|\.dir$|tls\.merge\.|securityContext|Probe|\.patch$|resources|serviceAccount|automount|podDisruption|max_control_line|connect_backoff|volumeClaim|VolumeClaim|pvc\.size$|resolver\.merge|annotations|monitor\.enabled|hostname|natsBox|podMonitor/;
  expect(open.filter((path) => !mayDiffer.test(path))).toEqual([]);
});

const paths = (value: unknown, path = ""): string[] =>
  typeof value !== "object" || value === null || Array.isArray(value)
    ? [path]
    : Object.entries(value).flatMap(([key, item]) => paths(item, path ? `${path}.${key}` : key));

test("every setting that is named is one", () => {
  const reference = readFileSync(join(__dirname, "../../../docs/reference/configuration.md"), "utf8");
  const known = (name: string) => reference.includes(`| \`${name}\``);
  const named = [...settingNames].flatMap((name) => name.split(" and ")[0] ?? []);
  const unknown = named.filter((name) => {
    const here = name.replace("clusters.NAME", "clusters.*");
    const ofKind = here.replace(".platform.", ".platform(kubernetes).").replace("identity.", "identity(operator).");
    return !known(here) && !known(ofKind) && name !== "clusters.NAME";
  });
  expect(unknown).toEqual([]);
});
