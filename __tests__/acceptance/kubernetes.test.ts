import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { openStore } from "../../cli/keys/store";
import { liveClusters } from "../../cli/report/live-servers";
import { parseEnvironment } from "../../model/config";
import { buildTopology, clusterOf, clusterSecrets, type Topology } from "../../model/topology";
import { servedFingerprint } from "../../runtime/certificate-agent/handshake";
import { type Authentication, NatsClient } from "../../runtime/client";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { acceptanceMissing, kubectl, Report, settings, stateOf, withVault } from "../support/acceptance";
import {
  foreignLeaf,
  forThisCluster,
  leafHost,
  namespace,
  startIssuer,
  type TestIssuer,
} from "../support/acceptance-environment";
import { type Logins, startLogins } from "../support/acceptance-logins";
import type { Deployed } from "../support/deploy-run";
import { eventually } from "../support/eventually";
import { pushNodeImage, startRegistry, type TestRegistry } from "../support/image-registry";
import { jsonOf, TestProject } from "../support/project";
import { natsformProcess } from "../support/twin-processes";
import { type Published, startPublisher } from "../support/twin-publisher";
import { startCluster } from "../truth/streams-cluster";

const missing = acceptanceMissing();
// Not to the console: of a file whose tests are all skipped jest shows none.
if (missing) process.stderr.write(`the acceptance tests on Kubernetes are skipped: ${missing}\n`);
const proof = missing ? test.skip : test;

const name = "kubernetes-production";
const layers = ["pki", "core", "auth", "streams", "services", "backup"];
const stacks = layers.map((layer) => `${name}-nats-${layer}`);
const servers = [0, 1, 2].map((i) => `nats-${i}`);
const clusterIp = "jsonpath={.spec.clusterIP}";
const minutes = (count: number) => count * 60_000;

const project = new TestProject();
const store = openStore(`file:${join(project.root, ".natsform", name, "keys")}`);
const report = new Report();
const clients: NatsClient[] = [];
let topology: Topology;
let issuer: TestIssuer | undefined;
let registry: TestRegistry | undefined;
let authorities = "";
let serviceAddress = "";

/** A client on this machine: it reaches the Service's address, and verifies the Service's name. */
async function client(authentication: Authentication, inboxPrefix?: string): Promise<NatsClient> {
  serviceAddress ||= await kubectl("-n", namespace, "get", "service", "nats", "-o", clusterIp);
  const made = new NatsClient({
    servers: `tls://${serviceAddress}:4222`,
    authentication,
    ca: authorities,
    tlsServername: leafHost,
    inboxPrefix,
    connectTimeoutMs: 30_000,
    requestTimeoutMs: 30_000,
  });
  clients.push(made);
  return made;
}

const fixedUser = async (user: string, inboxPrefix?: string) => {
  const creds = await store.read(`creds-${user}`);
  if (!creds) throw new Error(`no creds of ${user}`);
  return client({ kind: "creds", creds }, inboxPrefix);
};
const streamsUser = () => fixedUser("streams-APP", "_NATSFORM.INBOX.streams");
const streamManager = async () => jetstreamManager(await (await streamsUser()).connection(), { timeout: 30_000 });
const pods = (selector: string, path: string) =>
  kubectl("-n", namespace, "get", "pods", "-l", selector, "-o", `jsonpath={range .items[*]}${path}{"\\n"}{end}`);

/** Runs a CronJob now. @throws unless it completes */
async function runNow(cronJob: string, job: string, patience = "5m"): Promise<string> {
  await kubectl("-n", namespace, "create", "job", job, `--from=cronjob/${cronJob}`);
  await kubectl("-n", namespace, "wait", "--for=condition=complete", `job/${job}`, `--timeout=${patience}`);
  return kubectl("-n", namespace, "logs", `job/${job}`, "--all-containers");
}

/** What people do where nobody issues certificates in the Kubernetes cluster. */
async function issueLocally(): Promise<void> {
  const { certificates } = clusterOf(topology, "nats");
  const now = new Date();
  const day = 86_400_000;
  const patch = (secret: string, stringData: Record<string, string>) =>
    kubectl("-n", namespace, "patch", "secret", secret, "--type", "merge", "-p", JSON.stringify({ stringData }));
  for (const issuer of new Set(certificates.map((certificate) => certificate.issuer))) {
    const authority = await createAuthority(`acceptance ${issuer}`, 30 * day, now);
    await patch("nats-authorities", { [`${issuer}.crt`]: authority.cert });
    for (const { id, names, usages } of certificates.filter((certificate) => certificate.issuer === issuer)) {
      const pair = await issueCertificate(authority, { names: { dns: names }, usages, ttlMs: 7 * day, now });
      await patch(clusterSecrets("nats").certificate(id), { "tls.crt": pair.cert, "tls.key": pair.key });
    }
  }
}

/** What somebody with a token of Vault gets for the leaf: the role signs its name alone. */
async function leafCertificate(): Promise<{ certificate: string; key: string }> {
  const said = await fetch(
    `${settings.vaultAddress}/v1/natsform-acceptance-leafnodes/issue/nats-cluster-foreign-edge`,
    {
      method: "POST",
      headers: { "X-Vault-Token": settings.vaultToken ?? "" },
      body: JSON.stringify({ common_name: foreignLeaf }),
    },
  );
  const { data } = (await said.json()) as { data: { certificate: string; private_key: string } };
  return { certificate: data.certificate, key: data.private_key };
}

async function deploy(): Promise<Deployed> {
  const result = jsonOf<Deployed>(await project.natsform("deploy", name, "--yes", "--json"));
  expect(result.rows.filter(({ ok }) => !ok)).toEqual([]);
  return result;
}

beforeAll(async () => {
  if (missing) return;
  issuer = await startIssuer();
  if (settings.registry === "local") {
    registry = await startRegistry();
    process.env.NATSFORM_IMAGE_BASE = pushNodeImage(registry);
  }
  const written = forThisCluster(
    issuer.jwksUri,
    issuer.ca,
    registry ? `${registry.host}/natsform` : (settings.registry ?? ""),
  );
  const parsed = parseEnvironment(written, name);
  if (!parsed.environment) throw new Error(JSON.stringify(parsed.problems));
  topology = buildTopology(parsed.environment);
  project.write(written);
  await project.run("keys", "init", name);
}, minutes(5));

afterAll(async () => {
  report.print();
  for (const one of clients) await one.close().catch(() => undefined);
  issuer?.stop();
  // Also after a failure: the cluster is somebody's.
  if (!missing && stateOf(project, stacks[0] ?? "") !== undefined) {
    const { code, stderr } = await project.natsform("deploy", name, "--destroy", "--yes");
    if (code !== 0) process.stderr.write(`what was deployed could not be removed: ${stderr}\n`);
  }
  await registry?.stop();
  await project.remove();
}, minutes(10));

proof(
  "what the deployment takes is all there",
  () =>
    report.row(
      "doctor",
      async () => JSON.parse(await project.run("doctor", name, "--json")) as { name: string; ok: boolean }[],
      (rows) => {
        const lacking = rows.filter(({ ok }) => !ok).map((row) => row.name);
        return `${rows.length - lacking.length} of ${rows.length} rows${lacking.length > 0 ? `, without ${lacking.join()}` : ""}`;
      },
    ),
  minutes(3),
);

proof(
  "one command applies every stack, pushes the keys, brings the servers up and looks at what came out",
  () =>
    report.row(
      "deploy",
      async () => {
        if (!withVault) {
          const first = await project.natsform("deploy", name, "--yes");
          expect(first.stderr).toContain('tls.issuer "local"');
          await issueLocally();
        }
        const result = await deploy();
        expect(Object.keys(result.applied)).toEqual(stacks);
        // What a leaf elsewhere has to know.
        expect(result.noted).toEqual(["nats"]);
        authorities = Buffer.from(
          await kubectl("-n", namespace, "get", "secret", "nats-authorities", "-o", "jsonpath={.data.internal\\.crt}"),
          "base64",
        ).toString();
        const ready = await pods(
          "app.kubernetes.io/component=nats",
          "{.metadata.name}={.status.containerStatuses[0].ready}",
        );
        expect(ready.split("\n").sort()).toEqual(servers.map((server) => `${server}=true`));
        return result;
      },
      ({ applied, rows }) =>
        `${Object.values(applied).reduce((sum, count) => sum + count, 0)} resources, ${rows.length} of ${rows.length} rows hold`,
    ),
  minutes(25),
);

proof(
  "routes stand between all servers, over TLS, and the stream has three replicas",
  () =>
    report.row(
      "routes with TLS, R3 stream",
      async () => {
        const sys = await (await fixedUser("sys")).connection();
        const routes = new Map<string, string[]>();
        await eventually(
          "every server has routes to both others",
          async () => {
            for await (const answer of await sys.requestMany("$SYS.REQ.SERVER.PING.ROUTEZ", "", { maxWait: 3000 })) {
              const { server, data } = JSON.parse(answer.string());
              routes.set(
                server.name,
                [...new Set<string>(data.routes.map((route: { remote_name: string }) => route.remote_name))].sort(),
              );
            }
            return servers.every(
              (server) => routes.get(server)?.join() === servers.filter((other) => other !== server).join(),
            );
          },
          120,
        );
        const { cluster } = await (await streamManager()).streams.info("TEST");
        const peers = [cluster?.leader, ...(cluster?.replicas ?? []).map((replica) => replica.name)].sort();
        expect(peers).toEqual(servers);
        return peers;
      },
      (peers) => `TEST on ${peers.join(", ")}`,
    ),
  minutes(5),
);

proof(
  "the callout admits a valid token and refuses another",
  () =>
    report.row(
      "callout admits and refuses",
      async () => {
        const token = async (sub: string) => (await issuer?.token({ sub })) ?? "";
        const alice = await client({ kind: "token", token: await token("alice") });
        await alice.publish("ask.alice.hello", "x");
        const admitted = await (await alice.connection()).request("$SYS.REQ.USER.INFO", "", { timeout: 30_000 });
        const { data } = admitted.json<{ data: { user: string; account: string } }>();
        const stranger = await client({ kind: "token", token: (await token("mallory")).replace(/.$/, "x") });
        await expect(stranger.connection()).rejects.toThrow(/Authorization Violation/i);
        return data.user;
      },
      (user) => `${user} admitted; a broken signature refused`,
    ),
  minutes(5),
);

proof(
  "a request over HTTP becomes a message with the rights of its token, and one without a valid token becomes none",
  () =>
    report.row(
      "HTTP gateway",
      async () => {
        const address = await kubectl("-n", namespace, "get", "service", "nats-http-gateway", "-o", clusterIp);
        const ask = async (token: string) => {
          const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
          const said = await fetch(`http://${address}/ask/hello`, { method: "POST", headers, body: '{"a":1}' });
          return said.status;
        };
        const token = (await issuer?.token({ sub: "alice" })) ?? "";
        const seen = [await ask(token), await ask(token.replace(/.$/, "x"))];
        expect(seen).toEqual([202, 401]);
        const ready = await pods("app.kubernetes.io/name=http-gateway", "{.status.containerStatuses[0].ready}");
        expect(ready.split("\n")).toEqual(["true", "true"]);
        return seen;
      },
      (seen) => `two pods are ready; answers ${seen.join(" and ")}`,
    ),
  minutes(5),
);

const streamIsCurrent = async () => {
  const manager = await streamManager();
  await eventually(
    "every replica is current",
    async () => {
      const { cluster } = await manager.streams.info("TEST");
      return cluster?.replicas?.length === 2 && cluster.replicas.every(({ current }) => current);
    },
    180,
  );
  return (await manager.streams.info("TEST")).state.messages;
};

proof(
  "a pod that is deleted comes back as the same server with the same data",
  () =>
    report.row(
      "pod deleted",
      async () => {
        const before = await kubectl("-n", namespace, "get", "pod", "nats-1", "-o", "jsonpath={.metadata.uid}");
        await kubectl("-n", namespace, "delete", "pod", "nats-1", "--wait=true");
        await eventually(
          "another pod is ready",
          async () => {
            const path = "jsonpath={.metadata.uid} {.status.containerStatuses[0].ready}";
            const [uid, ready] = (await kubectl("-n", namespace, "get", "pod", "nats-1", "-o", path)).split(" ");
            return uid !== before && ready === "true";
          },
          240,
        );
        await streamIsCurrent();
        return "nats-1";
      },
      (server) => `${server} is ready again, every replica current`,
    ),
  minutes(8),
);

/** What was seen of servers while something was done to them. */
interface Watched {
  /** Pods that were made anew, in their order. */
  replaced: string[];
  /** The most servers that were not ready at one moment. */
  awayAtOnce: number;
}

/** Looks at the servers' pods until it is stopped. */
function watchServers(): { stop(): Promise<Watched> } {
  const watched: Watched = { replaced: [], awayAtOnce: 0 };
  const uids = new Map<string, string>();
  let stopped = false;
  const path = '{.metadata.name} {.metadata.uid} {.status.containerStatuses[?(@.name=="nats")].ready}';
  const work = (async () => {
    while (!stopped) {
      const lines = (await pods("app.kubernetes.io/component=nats", path)).split("\n");
      const ready = lines.filter((line) => line.endsWith(" true"));
      watched.awayAtOnce = Math.max(watched.awayAtOnce, servers.length - ready.length);
      for (const [server = "", uid = ""] of lines.map((line) => line.split(" "))) {
        if (uids.has(server) && uids.get(server) !== uid) watched.replaced.push(server);
        uids.set(server, uid);
      }
      await sleep(500);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await work;
      return watched;
    },
  };
}

/**
 * Does something to the servers while somebody publishes and nats.js as it comes is connected with a token. What was
 * acknowledged is there afterwards, that client was never closed, and one server after another was away.
 */
async function underLoad(
  work: () => Promise<unknown>,
): Promise<{ published: Published; watched: Watched; back: number }> {
  const streams = await streamsUser();
  const token = (await issuer?.token({ sub: "carol" })) ?? "";
  const visitor = await connect({
    servers: `tls://${serviceAddress}:4222`,
    token,
    tls: { ca: authorities, servername: leafHost } as object,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 500,
  });
  let back = 0;
  (async () => {
    for await (const { type } of visitor.status()) if (type === "reconnect") back++;
  })().catch(() => undefined);
  const publisher = startPublisher(streams, "test.rolled", `m${Date.now()}`);
  const watch = watchServers();
  let published: Published;
  let watched: Watched;
  try {
    await eventually("messages are acknowledged", async () => publisher.count() > 20, 60);
    await work();
    const seen = publisher.count();
    await eventually("messages are acknowledged after it", async () => publisher.count() > seen + 20, 120);
  } finally {
    published = await publisher.stop();
    watched = await watch.stop();
  }
  expect(published.failed).toEqual([]);
  const consumer = await jetstream(await streams.connection()).consumers.get("TEST");
  const desired = new Set(published.acknowledged);
  await eventually(
    "every acknowledged message is there",
    async () => {
      for await (const message of await consumer.fetch({ max_messages: 5000, expires: 2000 }))
        desired.delete(message.string());
      return desired.size === 0;
    },
    180,
  );
  expect(visitor.isClosed()).toBe(false);
  await visitor.flush();
  await visitor.close();
  expect(watched.awayAtOnce).toBeLessThanOrEqual(1);
  return { published, watched, back };
}

const toldOfLoad = ({ published, watched, back }: Awaited<ReturnType<typeof underLoad>>) =>
  `${watched.replaced.join(", ")}; ${published.acknowledged.size} acknowledged, 0 lost, longest gap ${published.longestGapMs} ms, the client with a token came back ${back} times`;

proof(
  "a rolling restart under a publisher and a client with a token loses nothing that was acknowledged",
  () =>
    report.row(
      "natsform roll under load",
      async () => {
        const seen = await underLoad(() => project.run("roll", name, "--deployed", "--yes", "--json"));
        expect(seen.watched.replaced.toSorted()).toEqual(servers);
        return seen;
      },
      toldOfLoad,
    ),
  minutes(20),
);

proof(
  "a roll that is killed is gone on with by the next one, and no server is restarted twice",
  () =>
    report.row(
      "natsform roll killed",
      async () => {
        const seen = await underLoad(async () => {
          await killedAt(/starts nats-\d/, "roll", name, "--deployed", "--yes");
          await project.run("roll", name, "--deployed", "--yes", "--json");
        });
        expect(seen.watched.replaced.toSorted()).toEqual(servers);
        const kind = await kubectl(
          "-n",
          namespace,
          "get",
          "statefulset",
          "nats",
          "-o",
          "jsonpath={.spec.updateStrategy.type}",
        );
        expect(kind).toBe("RollingUpdate");
        return seen;
      },
      toldOfLoad,
    ),
  minutes(20),
);

/** Kills a command once it has said something. */
async function killedAt(moment: RegExp, ...args: string[]): Promise<void> {
  const command = natsformProcess(project, ...args);
  let said = "";
  for (const stream of [command.stdout, command.stderr])
    stream?.on("data", (chunk: Buffer) => {
      said += chunk;
    });
  const ended = new Promise<void>((resolve) => command.once("exit", () => resolve()));
  await eventually(
    `the command says ${moment}`,
    async () => {
      if (command.exitCode !== null) throw new Error(said);
      return moment.test(said);
    },
    300,
  );
  command.kill("SIGKILL");
  await ended;
}

/** Deploys after a change of the keys, while somebody stays connected and somebody else logs in once a second. */
async function deployKeys(...change: string[]): Promise<Logins> {
  const authentication = { kind: "token", token: (await issuer?.token({ sub: "bob" })) ?? "" } as const;
  const stays = await client(authentication);
  const connection = await stays.connection();
  const logins = startLogins(() => client(authentication));
  let seen: Logins;
  try {
    await project.run("keys", "rotate", name, ...change);
    await deploy();
  } finally {
    seen = await logins.stop();
  }
  // A server that has just come back may not know yet where the responders are, and one that goes may be dialled still.
  expect(seen.inARow).toBeLessThanOrEqual(2);
  expect(connection.isClosed()).toBe(false);
  await (await stays.connection()).flush();
  return seen;
}

const toldOf = ({ admitted, refused, longestMs }: Logins) => {
  const again = Object.entries(refused).map(([reason, count]) => `, ${count} tried again for ${reason}`);
  return `${admitted} logins${again.join("")}, the longest took ${longestMs} ms`;
};

proof(
  "rotated keys are deployed to the responders first, then to the servers, while clients log in",
  () => report.row("keys rotated", () => deployKeys(), toldOf),
  minutes(15),
);

proof(
  "the old keys are dropped by the next deployment, while clients log in",
  () => report.row("rotation finished", () => deployKeys("--finish"), toldOf),
  minutes(15),
);

proof(
  "a server whose volume is lost comes back under its name and gets its data from the others",
  () =>
    report.row(
      "volume lost",
      async () => {
        const uidOf = (kind: string, of: string) =>
          kubectl("-n", namespace, "get", kind, of, "-o", "jsonpath={.metadata.uid}", "--ignore-not-found");
        const [claim, pod] = [await uidOf("pvc", "nats-js-nats-2"), await uidOf("pod", "nats-2")];
        await kubectl("-n", namespace, "delete", "pvc", "nats-js-nats-2", "--wait=false");
        await kubectl("-n", namespace, "delete", "pod", "nats-2", "--wait=true");
        await eventually(
          "another pod with another volume is ready",
          async () => {
            const now = [await uidOf("pvc", "nats-js-nats-2"), await uidOf("pod", "nats-2")];
            // A pod that came too early holds on to the old claim, and waits for one that is about to go.
            if (now[0] === claim && now[1] !== pod && now[1] !== "") {
              await kubectl("-n", namespace, "delete", "pod", "nats-2", "--wait=false", "--ignore-not-found");
            }
            const ready = "jsonpath={.status.containerStatuses[0].ready}";
            return (
              now[0] !== claim &&
              now[1] !== pod &&
              (await kubectl("-n", namespace, "get", "pod", "nats-2", "-o", ready)) === "true"
            );
          },
          300,
        );
        return streamIsCurrent();
      },
      (messages) => `nats-2 has a new volume, every replica current with ${messages} messages`,
    ),
  minutes(10),
);

proof(
  "the CronJob backs the streams up, encrypted, and the drill proves the backup",
  () =>
    report.row(
      "CronJobs: backup and drill",
      async () => {
        const volume = {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name: "backups", namespace },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: settings.storageClass,
            resources: { requests: { storage: "1Gi" } },
          },
        };
        const file = join(project.root, "backups.json");
        writeFileSync(file, JSON.stringify(volume));
        await kubectl("apply", "-f", file);
        await runNow("nats-backup-app", "backup-now");
        return runNow("nats-drill-app", "drill-now");
      },
      () => "a backup of account APP is complete, and restored in a server of its own it is the same",
    ),
  minutes(12),
);

proof(
  "a stream that is gone comes back from the backup as it was",
  () =>
    report.row(
      "stream restored",
      async () => {
        const manager = await streamManager();
        const { state } = await manager.streams.info("TEST");
        await manager.streams.delete("TEST");
        await project.run("backup", "restore", name, "--deployed", "--account", "APP", "--apply");
        const restored = (await manager.streams.info("TEST")).state;
        expect(restored).toMatchObject({ messages: state.messages, last_seq: state.last_seq });
        await streamIsCurrent();
        return restored.messages;
      },
      (messages) => `TEST deleted and restored, ${messages} messages`,
    ),
  minutes(8),
);

const renewal = missing || !withVault ? test.skip : test;
if (!missing && !withVault) process.stderr.write("the renewal by Vault is skipped: VAULT_ADDR is not set\n");
renewal(
  "certificates are renewed by the job and served without a restart",
  () =>
    report.row(
      "renewal without restart",
      async () => {
        const started = await pods(
          "app.kubernetes.io/component=nats",
          "{.metadata.uid} {.status.containerStatuses[0].restartCount}",
        );
        const digestOf = (secret: string) =>
          kubectl("-n", namespace, "get", "secret", secret, "-o", "jsonpath={.data.tls\\.crt}");
        const before = await digestOf("nats-internal-tls");
        // As if it had been issued for other names: the job has to replace it.
        const [patch, type] = [JSON.stringify({ data: { "tls.crt": await digestOf("nats-routes-tls") } }), "merge"];
        await kubectl("-n", namespace, "patch", "secret", "nats-internal-tls", "--type", type, "-p", patch);
        await runNow("nats-certificate-renewal", "renew-now", "8m");
        expect(await digestOf("nats-internal-tls")).not.toBe(before);
        const now = await pods(
          "app.kubernetes.io/component=nats",
          "{.metadata.uid} {.status.containerStatuses[0].restartCount}",
        );
        expect(now).toBe(started);
        const { fingerprint256 } = new X509Certificate(Buffer.from(await digestOf("nats-internal-tls"), "base64"));
        for (const host of (await pods("app.kubernetes.io/component=nats", "{.status.podIP}")).split("\n")) {
          const seen = await servedFingerprint({
            host,
            port: 4222,
            servername: leafHost,
            plainInfo: true,
            proxied: false,
          });
          expect(seen).toBe(fingerprint256);
        }
        return started.split("\n").length;
      },
      (count) => `${count} servers serve the new certificate, no pod was restarted`,
    ),
  minutes(12),
);

renewal(
  "servers elsewhere connect as leaf nodes with what natsform prints for them, and reach the hub's JetStream",
  () =>
    report.row(
      "leaf connection",
      async () => {
        const folder = join(project.root, "leaf");
        await project.run("leaf-credentials", name, foreignLeaf, "--out", folder);
        const { certificate, key } = await leafCertificate();
        writeFileSync(join(folder, "client.crt"), certificate);
        writeFileSync(join(folder, "client.key"), key, { mode: 0o600 });
        // Names of the Kubernetes cluster mean nothing here: its certificate is verified by them, and the address found so.
        const address = await kubectl("-n", namespace, "get", "service", "nats", "-o", "jsonpath={.spec.clusterIP}");
        const conf = readFileSync(join(folder, "leaf.conf"), "utf8").replace(
          /"(tls:\/\/[^"]+:7422)"/,
          (url) => `${url}, "tls://${address}:7422"`,
        );
        const leaf = await startCluster({ size: 3, conf });
        try {
          const connection = await leaf.connect();
          const names = async () =>
            (
              await connection.request("$JS.hub.API.STREAM.NAMES", "", {
                timeout: 3000,
                // The link carries the inboxes of its leaf alone.
                noMux: true,
                reply: `_INBOX_${foreignLeaf}.names`,
              })
            ).json();
          let hub: unknown;
          await eventually(
            "the hub answers",
            async () => {
              hub = await names();
              return true;
            },
            120,
          );
          expect(hub).toMatchObject({ type: "io.nats.jetstream.api.v1.stream_names_response", total: 0 });
          const sys = await (await fixedUser("sys")).connection();
          let links = 0;
          await eventually(
            "the hub knows its leaf nodes",
            async () => {
              links = 0;
              for await (const answer of await sys.requestMany("$SYS.REQ.SERVER.PING.LEAFZ", "", { maxWait: 3000 }))
                links += JSON.parse(answer.string()).data.leafnodes;
              return links === 3;
            },
            60,
          );
          return links;
        } finally {
          await leaf.stop();
        }
      },
      (links) => `${links} servers of a cluster on this machine, over TLS, account LEAF, domain hub`,
    ),
  minutes(6),
);

proof(
  "a stream that somebody deleted is made again by the next deployment, which changes nothing else",
  () =>
    report.row(
      "stream deleted by hand",
      async () => {
        const manager = await streamManager();
        await manager.streams.delete("TEST");
        const { applied } = await deploy();
        expect(Object.entries(applied).filter(([, count]) => count > 0)).toEqual([[`${name}-nats-streams`, 1]]);
        return (await manager.streams.info("TEST")).config;
      },
      ({ num_replicas, subjects }) => `TEST is there again by deploy, R${num_replicas} of ${subjects?.join()}`,
    ),
  minutes(10),
);

const objects = (...of: string[]) => kubectl("-n", namespace, "get", ...of, "--ignore-not-found", "-o", "name");

proof(
  "objects that somebody deleted are missed by a plan, and made again by the next deployment, certificates too",
  () =>
    report.row(
      "objects deleted by hand",
      async () => {
        const before = await pods("app.kubernetes.io/component=nats", "{.metadata.uid}");
        const deleted = ["configmap/nats-config", "poddisruptionbudget/nats", "secret/nats-internal-tls"];
        await kubectl("-n", namespace, "delete", ...deleted);
        const { stdout, stderr } = await project.natsform("deploy", name, "--plan");
        expect(stdout + stderr).toMatch(/ConfigMap nats-config/);
        if (withVault) expect(stdout).toMatch(/certificates\.internal: reload: it is issued again: there is none yet/);
        const { applied } = await deploy();
        // The empty Secret, and the Job that fills it.
        expect(applied).toMatchObject({ [`${name}-nats-pki`]: 1, [`${name}-nats-core`]: withVault ? 1 : 0 });
        expect((await objects(...deleted)).split("\n")).toHaveLength(deleted.length);
        expect(await pods("app.kubernetes.io/component=nats", "{.metadata.uid}")).toBe(before);
        return deleted;
      },
      (deleted) => `${deleted.join(", ")} are there again, no pod was replaced`,
    ),
  minutes(10),
);

/** The environment as it is, with another limit of messages and a key of the server's own. */
const changed = (mebibytes: number) => {
  const input = forThisCluster(
    issuer?.jwksUri ?? "",
    issuer?.ca ?? "",
    registry ? `${registry.host}/natsform` : (settings.registry ?? ""),
  );
  const platform = input.clusters.nats?.platform;
  if (platform?.kind !== "kubernetes") throw new Error("not on Kubernetes");
  const values = { config: { merge: { max_closed_clients: 500 } } };
  platform.chart = { ...platform.chart, values };
  input.nats = { ...input.nats, maxPayload: `${mebibytes}MiB` };
  return input;
};

/** The largest message that each server takes, in MiB. */
async function payloads(): Promise<number[]> {
  const sys = await (await fixedUser("sys")).connection();
  const found = new Map<string, number>();
  for await (const answer of await sys.requestMany("$SYS.REQ.SERVER.PING.VARZ", "", { maxWait: 3000 })) {
    const { server, data } = JSON.parse(answer.string());
    found.set(server.name, data.max_payload / 2 ** 20);
  }
  return [...found.values()];
}

proof(
  "a key of chart.values that servers refuse on reload reaches every server, with what was changed beside it",
  () =>
    report.row(
      "key that is no reload",
      async () => {
        project.write(changed(3));
        let digests: string[] = [];
        const seen = await underLoad(async () => {
          const { rows } = await deploy();
          digests = rows.filter(({ what }) => /runs what is rendered/.test(what)).map((row) => row.seen);
        });
        expect(await payloads()).toEqual([3, 3, 3]);
        expect(seen.watched.replaced.toSorted()).toEqual(servers);
        return { ...seen, digests };
      },
      ({ digests, ...seen }) => `${digests.length} servers run ${[...new Set(digests)].join()}; ${toldOfLoad(seen)}`,
    ),
  minutes(15),
);

proof(
  "a deployment that is killed at random moments is finished by the next one",
  () =>
    report.row(
      "command killed",
      async () => {
        const moments: number[] = [];
        for (const mebibytes of [4, 5]) {
          project.write(changed(mebibytes));
          const child = spawn(
            process.execPath,
            [join(__dirname, "../../bin/natsform.js"), "deploy", name, "--yes"],
            // A group of its own: Terraform and its providers die with it, as on a machine that is switched off.
            { cwd: project.root, env: process.env, stdio: "ignore", detached: true },
          );
          const ended = new Promise((resolve) => child.once("close", resolve));
          const moment = 10_000 + Math.round(Math.random() * 50_000);
          moments.push(moment);
          await Promise.race([ended, sleep(moment)]);
          if (child.exitCode === null) process.kill(-(child.pid ?? 0), "SIGKILL");
          await ended;
        }
        await deploy();
        expect(await payloads()).toEqual([5, 5, 5]);
        return moments;
      },
      (moments) =>
        `killed after ${moments.map((ms) => `${Math.round(ms / 1000)} s`).join(" and ")}; then every row holds`,
    ),
  minutes(20),
);

/** What each server shows of itself: its process, when it read its configuration, and the pod that it is in. */
interface Shown {
  start: string;
  config_load_time: string;
  config_digest: string;
  pod: string;
}

async function shown(of = servers): Promise<Record<string, Shown>> {
  const path = "{.metadata.name} {.metadata.uid} {.status.containerStatuses[*].restartCount}";
  const lines = (await pods("app.kubernetes.io/component=nats", path)).split("\n");
  const found: Record<string, Shown> = {};
  const sys = await (await fixedUser("sys")).connection();
  await eventually(
    "every server answers",
    async () => {
      for await (const answer of await sys.requestMany("$SYS.REQ.SERVER.PING.VARZ", "", { maxWait: 3000 })) {
        const { server, data } = JSON.parse(answer.string());
        const { start, config_load_time, config_digest } = data;
        const pod = lines.find((line) => line.startsWith(`${server.name} `)) ?? "";
        found[server.name] = { start, config_load_time, config_digest, pod };
      }
      return of.every((server) => found[server] !== undefined);
    },
    60,
  );
  return found;
}

/** What was done to a server, by what it showed before and shows now: nobody's word is taken for it. */
function doneTo(was: Shown, is: Shown): string {
  const isOther = (key: keyof Shown) => was[key] !== is[key];
  if (isOther("pod") || isOther("start")) return isOther("pod") && isOther("start") ? "restart" : "an end by itself";
  if (isOther("config_load_time") !== isOther("config_digest")) return "a reload of what it ran already";
  return isOther("config_load_time") ? "reload" : "nothing";
}

type Changed = ReturnType<typeof changed>;
const onCluster = (input: Changed, fields: object): Changed => {
  const { nats } = input.clusters;
  if (!nats) throw new Error("no cluster nats");
  return {
    ...input,
    clusters: { nats: { ...nats, jetstream: { ...nats.jetstream, ...fields } as typeof nats.jetstream } },
  };
};

/** One change of each kind, each made on top of those before it. */
const kinds: [effect: string, what: string, change: (input: Changed) => Changed][] = [
  [
    "nothing",
    "a shorter life of logins",
    (input) => ({ ...input, identity: { ...input.identity, maxLifetime: "30m" } }),
  ],
  // A reload, where something has servers read it: the chart's reloader is off here.
  ["restart", "larger messages", (input) => ({ ...input, nats: { ...input.nats, maxPayload: "6MiB" } })],
  ["restart", "another size of the memory store", (input) => onCluster(input, { memory: "24MiB" })],
];
/** The environment with the first of them. */
const withKinds = (count: number) => kinds.slice(0, count).reduce((input, [, , change]) => change(input), changed(5));

/** What the plan says of each server, and what else stands against it. */
async function saidOfServers(code: number) {
  const planned = await project.natsform("deploy", name, "--plan", "--json");
  expect({ code: planned.code, stderr: planned.stderr }).toMatchObject({ code });
  const { change } = JSON.parse(planned.stdout);
  const said: [string, string][] = change.servers.map(({ server, effect }: Record<string, string>) => [server, effect]);
  return { said: Object.fromEntries(said), forbidden: change.forbidden.map(({ at }: { at: string }) => at) };
}
const everyServer = (effect: string) => Object.fromEntries(servers.map((server) => [server, effect]));

for (const [i, [effect, what]] of kinds.entries())
  proof(
    `${what}: the plan says ${effect}, and the node did so`,
    () =>
      report.row(
        `change: ${what}`,
        async () => {
          project.write(withKinds(i + 1));
          const before = await shown();
          expect(await saidOfServers(2)).toEqual({ said: everyServer(effect), forbidden: [] });
          await deploy();
          const after = await shown();
          const did = servers.map((server) => [server, doneTo(before[server] as Shown, after[server] as Shown)]);
          expect(Object.fromEntries(did)).toEqual(everyServer(effect));
          return effect;
        },
        (seen) => `said and seen of ${servers.length} servers: ${seen}`,
      ),
    minutes(15),
  );

proof(
  "another name of the cluster is forbidden by the plan, and refused before anything is touched",
  () =>
    report.row(
      "change: natsName",
      async () => {
        const [now, at] = [withKinds(kinds.length), "clusters.nats.natsName"];
        const { nats } = now.clusters;
        if (!nats) throw new Error("no cluster nats");
        const before = await shown();
        project.write({ ...now, clusters: { nats: { ...nats, natsName: "another" } } });
        expect((await saidOfServers(3)).forbidden).toEqual([at]);
        const { code, stdout, stderr } = await project.natsform("deploy", name, "--yes");
        project.write(now);
        expect({ code, stdout, stderr }).toMatchObject({ code: 3, stderr: expect.stringContaining(at) });
        expect(await shown()).toEqual(before);
        return at;
      },
      (at) => `${at} refused; every pod, process and configuration as before`,
    ),
  minutes(10),
);

proof(
  "a second deployment changes nothing",
  () =>
    report.row("second deploy", deploy, ({ applied, rows }) => {
      expect(Object.values(applied).every((count) => count === 0)).toBe(true);
      return `no changes in ${Object.keys(applied).length} stacks, ${rows.length} of ${rows.length} rows hold`;
    }),
  minutes(10),
);

proof(
  "what is deployed in another cluster is not made a second time in this one",
  () =>
    report.row(
      "another cluster",
      async () => {
        const held = stacks.filter((stack) => /"type": "kubernetes_namespace/.test(stateOf(project, stack) ?? ""));
        expect(held).toHaveLength(1);
        const path = join(project.root, `terraform.${held[0]}.tfstate`);
        const text = readFileSync(path, "utf8");
        const uid = await kubectl("get", "namespace", namespace, "-o", "jsonpath={.metadata.uid}");
        expect(text).toContain(uid);
        writeFileSync(
          path,
          text.replaceAll(
            uid,
            uid.replace(/^./, (first) => (first === "0" ? "1" : "0")),
          ),
        );
        const { code, stderr } = await project.natsform("deploy", name, "--yes");
        writeFileSync(path, text);
        expect({ code, stderr }).toEqual({
          code: 1,
          stderr: expect.stringMatching(
            /is deployed elsewhere, .*nothing was touched:\n.* namespace .* is another one/,
          ),
        });
        return uid;
      },
      () => "refused: the namespace that the state knows is another one",
    ),
  minutes(3),
);

proof(
  "a review asks the deployed servers as somebody who can change nothing",
  () =>
    report.row(
      "servers asked by a review",
      async () => {
        const [live] = await liveClusters.deployment(name, project.root);
        expect(live?.servers.map((server) => [server.name, server.said?.version])).toEqual(
          servers.map((server) => [server, topology.nats.version]),
        );
        expect(live?.servers.every(({ said }) => Date.parse(said?.certificatesUntil ?? "") > Date.now())).toBe(true);
        expect(live?.meta).toEqual({ size: servers.length, current: servers.length });
        expect(live?.streams).toContainEqual(expect.objectContaining({ account: "APP", name: "TEST", behind: [] }));
        return live;
      },
      (live) =>
        `${live?.servers.length} servers, ${live?.streams.map((one) => `${one.name} with ${one.messages} messages`)}`,
    ),
  minutes(2),
);

proof(
  "the state holds no secret",
  () =>
    report.row(
      "secrets in state",
      async () => {
        const names = await store.list();
        const canaries = (await Promise.all(names.map((key) => store.read(key)))).flatMap((value) =>
          value === undefined ? [] : [value.trim()],
        );
        for (const stack of stacks) {
          const text = stateOf(project, stack) ?? "";
          expect(text).toContain("resources");
          expect(text).not.toMatch(/\bS[OAUX][A-Z2-7]{56}\b|-----BEGIN [A-Z ]*PRIVATE KEY/);
          expect(canaries.filter((canary) => text.includes(canary))).toEqual([]);
        }
        return canaries.length;
      },
      (count) => `none of ${count} keys, no seed and no private key`,
    ),
  minutes(3),
);

/** The environment as it is, without the backup: what is stored is thrown away with the cluster. */
const withoutBackup = (): Changed => {
  const input = withKinds(kinds.length);
  const { nats } = input.clusters;
  if (!nats) throw new Error("no cluster nats");
  const { backup, ...rest } = nats;
  expect(backup).toBeDefined();
  const accepted = { rule: "backup-taken-out", reason: "what is stored is thrown away", expires: "2099-01-01" };
  return { ...input, clusters: { nats: rest }, acknowledge: [...(input.acknowledge ?? []), accepted] };
};

proof(
  "a backup that left the environment is shown, and goes with the next deployment, its user too",
  () =>
    report.row(
      "backup taken out",
      async () => {
        const cronJobs = async () =>
          (await objects("cronjobs")).split("\n").filter((line) => /backup|drill|prune/.test(line));
        const before = await cronJobs();
        expect(before.length).toBeGreaterThan(1);
        project.write(withoutBackup());
        // Its users are accepted until their keys are known to be nobody's: what says so comes before anything is touched.
        const { code, stdout } = await project.natsform("deploy", name, "--plan", "--json");
        expect({ code, said: JSON.parse(stdout).error.message }).toEqual({
          code: 1,
          said: expect.stringMatching(/backup-APP.* is in no configuration any more/),
        });
        await project.run("keys", "init", name);
        const planned = await project.natsform("deploy", name, "--plan", "--json");
        const left = JSON.parse(planned.stdout).left.map(({ stack }: { stack: string }) => stack);
        expect(left).toEqual([`${name}-nats-backup`]);
        const { removed } = await deploy();
        expect(Object.keys(removed)).toEqual(left);
        expect(await cronJobs()).toEqual([]);
        return before;
      },
      (before) => `${before.length} CronJobs are gone, and every row holds`,
    ),
  minutes(15),
);

proof(
  "two more servers: the plan says what they do to those that are there, and the node did so",
  () =>
    report.row(
      "change: two more servers",
      async () => {
        const now = withoutBackup();
        const { nats } = now.clusters;
        if (!nats) throw new Error("no cluster nats");
        const more = ["nats-3", "nats-4"];
        const before = await shown();
        project.write({ ...now, clusters: { nats: { ...nats, size: servers.length + more.length } } });
        const { said, forbidden } = await saidOfServers(2);
        expect(forbidden).toEqual([]);
        await deploy();
        const after = await shown([...servers, ...more]);
        const did = [...servers, ...more].map((server) => {
          const [was, is] = [before[server], after[server] as Shown];
          return [server, was === undefined ? "start" : doneTo(was, is)];
        });
        expect(Object.fromEntries(did)).toEqual(said);
        const [live] = await liveClusters.deployment(name, project.root);
        expect(live?.meta).toEqual({ size: did.length, current: did.length });
        return did.map(([server, effect]) => `${server} ${effect}`);
      },
      (did) => `said and seen: ${did.join(", ")}`,
    ),
  minutes(15),
);

proof(
  "destroy leaves nothing",
  () =>
    report.row(
      "destroy",
      async () => {
        await project.run("deploy", name, "--destroy", "--yes");
        await eventually(
          "the namespace is gone",
          async () => (await kubectl("get", "namespace", namespace, "--ignore-not-found", "-o", "name")) === "",
          120,
        );
      },
      () => "namespace, mounts and release are gone",
    ),
  minutes(10),
);
