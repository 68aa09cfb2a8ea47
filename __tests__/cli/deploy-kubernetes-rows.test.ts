import { judgePlacement, judgeReplicas } from "../../cli/core/judge-streams";
import { type CronJob, type Job, judgeCronJob } from "../../cli/deploy/kubernetes/check-cron-jobs";
import {
  judgePod,
  judgeResponders,
  judgeStatefulSet,
  type Pod,
  type StatefulSet,
} from "../../cli/deploy/kubernetes/check-pods";
import { judgeCertificate } from "../../cli/deploy/kubernetes/check-secrets";
import { judgeServers } from "../../cli/deploy/kubernetes/check-servers";
import { whyDue } from "../../cli/deploy/kubernetes/due-certificates";
import { podFailure } from "../../cli/deploy/kubernetes/explain";
import { killedRevision } from "../../cli/deploy/kubernetes/helm-release";
import { readableLog } from "../../cli/deploy/kubernetes/log-lines";
import { isUpdated } from "../../cli/deploy/kubernetes/responders";
import type { ServerInfo } from "../../cli/deploy/kubernetes/server-info";
import kubernetesProduction from "../../environments/kubernetes-production";
import { Environment } from "../../model/config";
import { defaultRelease } from "../../model/config/server-releases";
import { buildTopology, clusterOf } from "../../model/topology";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";

const topology = buildTopology(Environment.parse(kubernetesProduction));
const nats = clusterOf(topology, "nats");

describe("what the servers say", () => {
  const names = ["nats-0", "nats-1", "nats-2"];
  /** Three servers that are all right, with one thing changed. */
  const show = (change: (show: { [What in keyof ServerInfo]: Map<string, unknown> }) => void = () => undefined) => {
    const each = <T>(of: (name: string) => T) => new Map(names.map((name) => [name, of(name)]));
    const replicas = [
      { name: "nats-1", current: true },
      { name: "nats-2", current: true },
    ];
    const all = {
      varz: each((name) => varz(name)),
      routez: each((name) => ({
        routes: names.filter((other) => other !== name).map((other) => ({ remote_name: other })),
      })),
      jsz: each((name) => ({
        meta_cluster: { leader: "nats-0", cluster_size: 3, ...(name === "nats-0" && { replicas }) },
      })),
      leafz: each(() => ({ leafs: [] })),
    };
    change(all as never);
    return judgeServers(topology, { accounts: {} }, nats, all as ServerInfo);
  };
  const varz = (name: string, version = defaultRelease, cluster = "nats-core") => ({
    server_name: name,
    version,
    connections: 0,
    cluster: { name: cluster },
  });
  const failed = (rows: ReturnType<typeof show>) =>
    rows.filter(({ ok }) => !ok).map(({ what, seen }) => `${what}: ${seen}`);

  test("a full mesh of the wanted version with one leader is right", () => {
    const rows = show();
    expect(failed(rows)).toEqual([]);
    expect(rows).toHaveLength(7);
    expect(rows.at(-1)?.seen).toBe("leader nats-0, 3 peers, 2 followers current");
  });

  /** What a follower says since 2.15: its peers too, whom it takes to be up to date. Earlier ones name none. */
  const talkative = (name: string, leader = "nats-0") => ({
    meta_cluster: {
      leader,
      cluster_size: 3,
      replicas: names.filter((other) => other !== name).map((other) => ({ name: other, current: true })),
    },
  });

  test("followers are counted as the leader reports them, whatever followers say of their peers", () => {
    const said: Parameters<typeof show>[0] = ({ jsz }) => {
      for (const name of ["nats-1", "nats-2"]) jsz.set(name, talkative(name));
    };
    expect(failed(show(said))).toEqual([]);
    expect(show(said).at(-1)?.seen).toBe("leader nats-0, 3 peers, 2 followers current");
  });

  test("one that does not answer is missed, and so are its routes", () => {
    const rows = show(({ varz, routez }) => {
      varz.delete("nats-2");
      routez.delete("nats-2");
    });
    expect(failed(rows)).toEqual([
      "nats-2: version and names: no answer; answers came from nats-0, nats-1",
      "nats-2: routes: none to nats-0, nats-1",
    ]);
  });

  test.each<[string, Parameters<typeof show>[0], string]>([
    [
      "another version",
      (said) => said.varz.set("nats-1", varz("nats-1", "2.14.2")),
      "nats-1: version and names: nats-1 of cluster nats-core, 2.14.2",
    ],
    [
      "another cluster",
      (said) => said.varz.set("nats-1", varz("nats-1", defaultRelease, "other")),
      `nats-1: version and names: nats-1 of cluster other, ${defaultRelease}`,
    ],
    [
      "a route that is missing",
      ({ routez }) => routez.set("nats-0", { routes: [{ remote_name: "nats-1" }] }),
      "nats-0: routes: none to nats-2",
    ],
    [
      "a route to a server that the cluster does not have",
      ({ routez }) =>
        routez.set("nats-0", { routes: ["nats-1", "nats-2", "nats-9"].map((remote_name) => ({ remote_name })) }),
      "nats-0: routes: to nats-9, which the cluster does not have",
    ],
    [
      "two leaders",
      ({ jsz }) => jsz.set("nats-1", { meta_cluster: { leader: "nats-1", cluster_size: 3 } }),
      "nats: meta leader: leader nats-0 / nats-1, 3 peers, 2 followers current",
    ],
    [
      "a follower that is behind",
      ({ jsz }) =>
        jsz.set("nats-0", {
          meta_cluster: {
            leader: "nats-0",
            cluster_size: 3,
            replicas: [
              { name: "nats-1", current: false },
              { name: "nats-2", current: true, offline: true },
            ],
          },
        }),
      "nats: meta leader: leader nats-0, 3 peers, 0 followers current",
    ],
    [
      "a follower that is behind, while the others say that it is not",
      ({ jsz }) => {
        for (const name of ["nats-1", "nats-2"]) jsz.set(name, talkative(name));
        const replicas = [
          { name: "nats-1", current: true },
          { name: "nats-2", current: false },
        ];
        jsz.set("nats-0", { meta_cluster: { leader: "nats-0", cluster_size: 3, replicas } });
      },
      "nats: meta leader: leader nats-0, 3 peers, 1 followers current",
    ],
    [
      "a leader that does not answer, whatever its followers say",
      ({ jsz }) => {
        jsz.delete("nats-0");
        for (const name of ["nats-1", "nats-2"]) jsz.set(name, talkative(name));
      },
      "nats: meta leader: leader none / nats-0, 0 / 3 peers, 0 followers current",
    ],
    [
      "a server whose JetStream knows no meta group",
      ({ jsz }) => jsz.set("nats-2", {}),
      "nats: meta leader: leader nats-0 / none, 3 / 0 peers, 2 followers current",
    ],
    [
      "a server whose JetStream does not answer",
      ({ jsz }) => jsz.delete("nats-2"),
      "nats: meta leader: leader nats-0 / none, 3 / 0 peers, 2 followers current",
    ],
  ])("%s is told", (_, change, row) => {
    expect(failed(show(change))).toEqual([row]);
  });

  test("leaf nodes are looked for at their hub, in the account that they are for", () => {
    const link = { hub: "nats", account: "LEAF", user: "leaf-edge-LEAF" };
    const edge = {
      ...nats,
      name: "edge",
      leafLinks: [link],
      servers: [{ ...nats.servers[0], name: "edge-0" }],
    } as typeof nats;
    const both = { ...topology, clusters: [nats, edge] };
    const rows = (leafs: { name: string; account: string }[]) =>
      judgeServers(
        both,
        { accounts: { LEAF: { publicKey: "AKEY" } } },
        { ...nats, jetstream: undefined },
        {
          varz: new Map(),
          routez: new Map(),
          jsz: new Map(),
          leafz: new Map([["nats-1", { leafs }]]),
        },
      ).filter(({ what }) => what.includes("leaf node"));
    const row = { group: "servers", what: "edge-0: leaf node of nats" };
    expect(rows([{ name: "edge-0", account: "AKEY" }])).toEqual([{ ...row, ok: true, seen: "account LEAF" }]);
    expect(rows([{ name: "edge-0", account: "LEAF" }])).toEqual([{ ...row, ok: true, seen: "account LEAF" }]);
    expect(rows([{ name: "edge-0", account: "OTHER" }])).toEqual([{ ...row, ok: false, seen: "no LEAF" }]);
  });
});

test.each([
  ["a leader and every follower", 3, { leader: "a", replicas: [follower("b"), follower("c")] }, true],
  ["a follower that is behind", 3, { leader: "a", replicas: [follower("b"), follower("c", false)] }, false],
  ["a follower that is missing", 3, { leader: "a", replicas: [follower("b")] }, false],
  ["no leader", 3, { replicas: [follower("b"), follower("c")] }, false],
  ["a server alone", 1, undefined, true],
  ["one replica in a cluster", 1, { leader: "a" }, true],
])("replicas: %s", (_, desired, cluster, ok) => {
  expect(judgeReplicas(desired, cluster)).toMatchObject({ ok });
});
test("a stream is misplaced where a server that holds it lacks one of its tags", () => {
  const servers = [
    { name: "a", tags: ["az:1", "ssd"] },
    { name: "b", tags: ["ssd"] },
  ];
  const group = { leader: "a", replicas: [follower("b")] };
  expect(judgePlacement(["ssd"], servers, group)).toEqual({ ok: true, seen: "ssd" });
  expect(judgePlacement([], servers, { leader: "z" })).toMatchObject({ ok: true });
  expect(judgePlacement(["ssd", "az:1"], servers, group)).toEqual({ ok: false, seen: "b without ssd az:1" });
  expect(judgePlacement(["ssd"], servers, { leader: "z" })).toMatchObject({ ok: false });
});

function follower(name: string, current = true) {
  return { name, current };
}

describe("pods", () => {
  const image = `nats:${defaultRelease}-alpine`;
  const pod = (change: Partial<{ image: string; ready: boolean; restartCount: number }> = {}): Pod => ({
    metadata: { name: "nats-0", labels: {} },
    spec: { containers: [{ name: "nats", image: change.image ?? image }] },
    status: {
      phase: "Running",
      containerStatuses: [{ name: "nats", ready: change.ready ?? true, restartCount: change.restartCount ?? 0 }],
    },
  });

  test("are ready, of the wanted image, and tell their restarts", () => {
    expect(judgePod(pod(), "nats", image)).toEqual({ ok: true, seen: `ready, ${image}` });
    expect(judgePod(pod({ restartCount: 2 }), "nats", image).seen).toBe(`ready, ${image}, 2 restarts`);
    expect(judgePod(pod({ ready: false }), "nats", image)).toMatchObject({ ok: false });
    expect(judgePod(pod({ image: "nats:2.14.2-alpine" }), "nats", image)).toEqual({
      ok: false,
      seen: `ready, nats:2.14.2-alpine, not ${image}`,
    });
    expect(judgePod(undefined, "nats", image)).toEqual({ ok: false, seen: "there is no such pod" });
  });

  const set = (status: Partial<StatefulSet["status"]>): StatefulSet => ({
    metadata: { generation: 2 },
    spec: { replicas: 3 },
    status: {
      observedGeneration: 2,
      readyReplicas: 3,
      updatedReplicas: 3,
      currentRevision: "b",
      updateRevision: "b",
      ...status,
    },
  });
  test.each<[string, Partial<StatefulSet["status"]>, boolean]>([
    ["every one of the last revision", {}, true],
    ["one of the revision before", { updatedReplicas: 2, currentRevision: "a" }, false],
    ["one that is not ready", { readyReplicas: 2 }, false],
    ["a change that nobody has looked at yet", { observedGeneration: 1 }, false],
  ])("StatefulSet: %s", (_, status, ok) => {
    expect(judgeStatefulSet(set(status), 3)).toMatchObject({ ok });
  });
  test("a StatefulSet of another size is not the cluster's", () => {
    expect(judgeStatefulSet(set({}), 5)).toMatchObject({ ok: false });
  });
});

describe("CronJobs", () => {
  const cron: CronJob = { metadata: { name: "renewal" }, spec: { schedule: "17 */6 * * *", suspend: false } };
  const run = (at: string, type: "Complete" | "Failed", owner = "renewal"): Job => ({
    metadata: { name: at, creationTimestamp: at, ownerReferences: [{ kind: "CronJob", name: owner }] },
    status: { conditions: [{ type, status: "True", message: "BackoffLimitExceeded" }] },
  });

  test.each<[string, Job[], boolean, string]>([
    ["without a run", [], true, "17 */6 * * *; no run has ended yet"],
    [
      "whose last run is complete",
      [run("2026-01-02", "Complete"), run("2026-01-01", "Failed")],
      true,
      "17 */6 * * *; run of 2026-01-02 complete",
    ],
    [
      "whose last run failed",
      [run("2026-01-01", "Complete"), run("2026-01-02", "Failed")],
      false,
      "17 */6 * * *; run of 2026-01-02 failed: BackoffLimitExceeded",
    ],
    [
      "beside another one that failed",
      [run("2026-01-02", "Failed", "other")],
      true,
      "17 */6 * * *; no run has ended yet",
    ],
  ])("%s", (_, jobs, ok, seen) => {
    expect(judgeCronJob(cron, jobs)).toEqual({ ok, seen });
  });
  test("one that is suspended is not scheduled", () => {
    expect(judgeCronJob({ ...cron, spec: { ...cron.spec, suspend: true } }, [])).toEqual({
      ok: false,
      seen: "suspended",
    });
  });
});

test("a certificate has its names, its key, days left, and an authority that is trusted", async () => {
  const [day, now] = [86_400_000, new Date()];
  const [authority, other] = await Promise.all([
    createAuthority("internal", 30 * day, now),
    createAuthority("other", 30 * day, now),
  ]);
  const names = { dns: ["nats.nats.svc"], addresses: [] };
  const pair = await issueCertificate(authority, { names, usages: ["server"], ttlMs: 10 * day, now });
  const data = { "tls.crt": `${pair.cert}${authority.cert}`, "tls.key": pair.key };
  const judge = (change: Record<string, string> = {}, trusted = authority.cert, at = now) =>
    judgeCertificate({ names: ["nats.nats.svc"] }, { ...data, ...change }, trusted, at);
  expect(judge()).toEqual({ ok: true, seen: expect.stringMatching(/^1 name, (9|10) days left$/) });
  // Not what stands in its own chain.
  expect(judge({}, other.cert)).toMatchObject({
    ok: false,
    seen: expect.stringMatching(/^signed by an authority that is not trusted: /),
  });
  expect(judge({ "tls.key": other.key })).toMatchObject({ ok: false, seen: "its key belongs to another certificate" });
  expect(judge({ "tls.crt": "" })).toMatchObject({ ok: false, seen: "the Secret holds no certificate" });
  expect(judge({}, authority.cert, new Date(now.getTime() + 11 * day))).toMatchObject({ ok: false });
  expect(judgeCertificate({ names: ["other.svc"] }, data, authority.cert, now)).toEqual({
    ok: false,
    seen: "lacks other.svc",
  });
});

test("only the last revision of a release, and only one that Helm was killed at, is forgotten", () => {
  const revision = (version: number, status: string) => ({
    name: `v${version}`,
    labels: { version: String(version), status },
  });
  expect(killedRevision([])).toBeUndefined();
  expect(killedRevision([revision(1, "pending-install")])?.name).toBe("v1");
  expect(killedRevision([revision(9, "deployed"), revision(10, "pending-upgrade")])?.name).toBe("v10");
  expect(killedRevision([revision(9, "pending-upgrade"), revision(10, "deployed")])).toBeUndefined();
  expect(killedRevision([revision(2, "failed")])).toBeUndefined();
});

describe("why an apply failed", () => {
  test("the refusals of a log are told in words, and what is no trouble is left out", () => {
    const log = [
      { level: 30, msg: "planned", stream: "TEST", kind: "refuse" },
      {
        level: 50,
        msg: "refused; nothing was applied",
        stream: "TEST",
        kind: "recreate",
        reason: "storage would change",
      },
      { level: 50, msg: "failed", error: "Timeout" },
    ];
    expect(readableLog(log.map((line) => JSON.stringify(line)).join("\n"))).toEqual([
      "TEST: recreate: storage would change: refused; nothing was applied",
      "Timeout: failed",
    ]);
  });
  test("what is no JSON is told as it stands, and without trouble everything is", () => {
    expect(readableLog("NATS_SERVERS: missing\n")).toEqual(["NATS_SERVERS: missing"]);
    expect(readableLog(JSON.stringify({ level: 30, msg: "planned", stream: "A" }))).toEqual(["A: planned"]);
  });
  test("pods that do not start say why, those that start or are ready do not", () => {
    const status = { phase: "Pending", conditions: [], containerStatuses: [] };
    const waiting = (reason: string, message?: string) => ({
      ...status,
      containerStatuses: [{ name: "nats", state: { waiting: { reason, message } } }],
    });
    expect(podFailure("a", waiting("ContainerCreating"))).toEqual([]);
    expect(podFailure("a", waiting("ImagePullBackOff", "no such image"))).toEqual([
      "pod a: nats: ImagePullBackOff: no such image",
    ]);
    const unscheduled = { type: "PodScheduled", status: "False", message: "0/1 nodes are available" };
    expect(podFailure("a", { ...status, conditions: [unscheduled] })).toEqual(["pod a: 0/1 nodes are available"]);
    const unready = { type: "Ready", status: "False", message: "containers with unready status: [nats]" };
    expect(podFailure("a", { ...status, phase: "Running", conditions: [unready] })).toEqual([
      "pod a: running, but not ready: containers with unready status: [nats]",
    ]);
    // One that has ended is not ready either.
    expect(podFailure("a", { ...status, phase: "Succeeded", conditions: [unready] })).toEqual([]);
  });
});

describe("the responders", () => {
  const responders = (keys: string | undefined, updatedReplicas = 2) => ({
    metadata: { generation: 3 },
    spec: {
      replicas: 2,
      template: { spec: { containers: [{ env: [{ name: "NATS_AUTH_KEYS", value: keys }, { name: "HTTP_PORT" }] }] } },
    },
    status: { observedGeneration: 3, replicas: 2, updatedReplicas, availableReplicas: 2 },
  });

  test("are right when all of them run with the keys of the trust file", () => {
    expect(judgeResponders(responders("A,X"), "A,X")).toEqual({ ok: true, seen: "2 of 2 responders ready" });
    expect(judgeResponders(responders("A,X", 1), "A,X").ok).toBe(false);
  });

  test.each(["A,X,B?", undefined])("are wrong with %s after a rotation", (keys) => {
    const seen = "2 of 2 responders ready, with other keys than the trust file's";
    expect(judgeResponders(responders(keys), "A,X")).toEqual({ ok: false, seen });
  });

  test.each<[string, Partial<ReturnType<typeof responders>["status"]>, boolean]>([
    ["all are of the last revision", {}, true],
    ["also when one is not ready", { availableReplicas: 1 }, true],
    ["one is of the revision before", { replicas: 3 }, false],
    ["nobody has looked at the change yet", { observedGeneration: 2 }, false],
  ])("are updated or not: %s", (_, status, updated) => {
    const found = responders("A,X");
    expect(isUpdated({ ...found, status: { ...found.status, ...status } })).toBe(updated);
  });
});

test("a certificate is due for the renewal as the Job itself decides", async () => {
  const [certificate] = nats.certificates;
  if (!certificate) throw new Error("no certificate");
  const now = new Date();
  const day = 86_400_000;
  const [signs, before] = [
    await createAuthority("signs", 90 * day, now),
    await createAuthority("before", 90 * day, now),
  ];
  const pair = async (authority: typeof signs, days: number) => {
    const { names, usages } = certificate;
    const { cert, key } = await issueCertificate(authority, { names: { dns: names }, usages, ttlMs: days * day, now });
    return { "tls.crt": cert, "tls.key": key };
  };
  const due = (data: Record<string, string>, days = 0) =>
    whyDue(data, certificate, signs.cert, new Date(now.getTime() + days * day));
  expect(due(await pair(signs, 30))).toBeUndefined();
  expect(due(await pair(signs, 30), 21)).toBe("a third of its life is left");
  expect(due(await pair(before, 30))).toBe("another authority signed it");
  expect(due({})).toBe("there is none yet");
});

test("an authority that waits for a server for too long is a warning of the certificate that it does not sign", async () => {
  const day = 86_400_000;
  const now = new Date();
  const made = (name: string, daysAgo: number) =>
    createAuthority(name, 365 * day, new Date(now.getTime() - daysAgo * day));
  const [signs, waits, fresh] = [await made("signs", 90), await made("waits", 9), await made("fresh", 2)];
  const names = { dns: ["a"] };
  const { cert, key } = await issueCertificate(signs, { names, usages: ["server"], ttlMs: 30 * day, now });
  const judged = (...trusted: { cert: string }[]) => {
    const authorities = trusted.map((one) => one.cert).join("");
    return judgeCertificate({ names: ["a"] }, { "tls.crt": cert, "tls.key": key }, authorities, now);
  };
  expect(judged(signs)).not.toHaveProperty("warns");
  expect(judged(fresh, signs)).not.toHaveProperty("warns");
  expect(judged(waits, signs)).toMatchObject({
    ok: true,
    warns: true,
    seen: expect.stringMatching(/; another authority is trusted for 9 days and does not sign yet/),
  });
  // One that signed before, and stays trusted until it ends, waits for nobody.
  expect(judged(await made("before", 200), signs)).not.toHaveProperty("warns");
});
