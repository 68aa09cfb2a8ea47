import { X509Certificate } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { makeKeys } from "../../cli/keys/make";
import { pushSecrets } from "../../cli/keys/push";
import { openStore } from "../../cli/keys/store";
import { createAuthority, issueCertificate } from "../../cli/pki/authority";
import { type EnvironmentInput, parseEnvironment } from "../../modules/config";
import { buildTopology, clusterOf, clusterSecrets, type Topology } from "../../modules/topology";
import { servedFingerprint } from "../../runtime/certificate-agent/handshake";
import { type Authentication, NatsClient } from "../../runtime/client";
import { AcceptanceProject, acceptanceMissing, kubectl, Report, settings, withVault } from "../support/acceptance";
import { eventually } from "../support/eventually";
import { startPublisher } from "../support/twin-publisher";

const missing = acceptanceMissing();
// Not to the console: of a file whose tests are all skipped jest shows none.
if (missing) process.stderr.write(`the acceptance tests on Kubernetes are skipped: ${missing}\n`);
const proof = missing ? test.skip : test;

const name = "acceptance";
const namespace = "natsform-acceptance";
const layers = ["pki", "core", "auth", "backup"] as const;
type Layer = (typeof layers)[number];
const stackOf = (layer: Layer) => `${name}-nats-${layer}`;
const stacks = layers.map(stackOf);
const service = `nats.${namespace}.svc.cluster.local`;
const servers = [0, 1, 2].map((i) => `nats-${i}`);
const minutes = (count: number) => count * 60_000;

const project = new AcceptanceProject(name);
const store = openStore(`file:${join(project.root, "keys")}`);
const report = new Report();
const clients: NatsClient[] = [];
let topology: Topology;
let issuer: { server: Server; token(claims: object): Promise<string> };
let authorities = "";

/** Images of the project, which no registry has yet. */
const images = { programs: "natsform.local", tag: "acceptance" };

function environment(jwksUri: string, oidcAuthorities: string): EnvironmentInput {
  return {
    name,
    identity: {
      mode: "operator",
      oidc: { issuer: "https://issuer.example.com/", audience: "acceptance", jwksUri },
      permissions: [{ account: "APP", publish: { allow: ["user.{sub}.>"] }, subscribe: { allow: ["user.{sub}.>"] } }],
      responders: 2,
    },
    clusters: {
      nats: {
        platform: {
          kind: "kubernetes",
          flavor: "generic",
          namespace,
          zones: 1,
          cpu: 0.2,
          memory: "256MiB",
          // Nodes on which tests run often measure no disks.
          ephemeralStorage: false,
          images,
          oidcAuthorities,
          reloader: false,
          exporter: false,
          backupAccess: { claim: "backups" },
          chart: settings.chart ? { path: settings.chart } : {},
        },
        size: 3,
        leafHub: true,
        backup: { to: "file:///backups/acceptance" },
        jetstream: { memory: "32MiB", file: "512MiB", storageClass: { name: settings.storageClass, create: false } },
        tls: withVault
          ? {
              issuer: "vault",
              mount: "natsform-acceptance",
              role: "nats",
              vault: {
                address: settings.vaultAddress,
                root: "natsform-acceptance-root",
                authPath: "natsform-acceptance",
                kubernetesHost: settings.kubernetesHost,
              },
            }
          : { issuer: "local" },
      },
    },
    streams: [{ name: "ORDERS", cluster: "nats", subjects: ["orders.>"] }],
    deletionProtection: false,
  };
}

/** An issuer of tokens that pods reach, with a certificate of an authority of its own. */
async function startIssuer(): Promise<{ jwksUri: string; ca: string }> {
  const address = settings.address ?? "";
  const now = new Date();
  const authority = await createAuthority("acceptance issuer", 86_400_000, now);
  const { cert, key } = await issueCertificate(authority, {
    names: { dns: ["issuer.example.com"], addresses: [address] },
    usages: ["server"],
    ttlMs: 86_400_000,
    now,
  });
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const keys = [{ ...(await exportJWK(publicKey)), kid: "one", use: "sig", alg: "RS256" }];
  const server = createServer({ cert, key }, (_, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const token = (claims: object) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "RS256", kid: "one", typ: "JWT" })
      .setIssuer("https://issuer.example.com/")
      .setAudience("acceptance")
      .setIssuedAt()
      .setExpirationTime("10m")
      .sign(privateKey);
  issuer = { server, token };
  return { jwksUri: `https://${address}:${(server.address() as AddressInfo).port}/jwks`, ca: authority.cert };
}

/** A client on this machine: it reaches the Service's address, and verifies the Service's name. */
async function client(authentication: Authentication, inboxPrefix?: string): Promise<NatsClient> {
  const address = await kubectl("-n", namespace, "get", "service", "nats", "-o", "jsonpath={.spec.clusterIP}");
  const made = new NatsClient({
    servers: `tls://${address}:4222`,
    authentication,
    ca: authorities,
    tlsServername: service,
    inboxPrefix,
    connectTimeoutMs: 10_000,
  });
  clients.push(made);
  return made;
}

/** What the renewal job does where there is a Vault. */
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

const fixedUser = async (user: string, inboxPrefix?: string) => {
  const creds = await store.read(`creds-${user}`);
  if (!creds) throw new Error(`no creds of ${user}`);
  return client({ kind: "creds", creds }, inboxPrefix);
};
const pods = (selector: string, path: string) =>
  kubectl("-n", namespace, "get", "pods", "-l", selector, "-o", `jsonpath={range .items[*]}${path}{"\\n"}{end}`);

beforeAll(async () => {
  if (missing) return;
  const { jwksUri, ca } = await startIssuer();
  const written = environment(jwksUri, ca);
  const parsed = parseEnvironment(written, name);
  if (!parsed.environment) throw new Error(JSON.stringify(parsed.problems));
  topology = buildTopology(parsed.environment);
  const { trust } = await makeKeys(topology, store);
  project.write(written);
  writeFileSync(join(project.root, "environments", `${name}.trust.json`), JSON.stringify(trust));
  for (const program of ["auth-callout", "certificate-renewal", "backup"]) {
    await project.image(`${images.programs}/${program}:${images.tag}`, program);
  }
  await project.synthesize();
}, minutes(5));

afterAll(async () => {
  report.print();
  for (const one of clients) await one.close().catch(() => undefined);
  issuer?.server.closeAllConnections();
  issuer?.server.close();
  project.remove();
}, minutes(1));

proof(
  "the namespace, the authorities in Vault and the containers of secrets are applied, and keys pushed into them",
  () =>
    report.row(
      "apply pki, push keys",
      async () => {
        await project.apply(stackOf("pki"));
        if (!withVault) await issueLocally();
        return pushSecrets(topology, store, openStore(`kubernetes:${namespace}/nats-keys`));
      },
      ({ written }) => `${written} secrets written`,
    ),
  minutes(10),
);

proof(
  "the servers come up from the chart, with certificates that Vault signed",
  () =>
    report.row(
      "apply core: pods ready",
      async () => {
        await project.apply(stackOf("core"));
        authorities = Buffer.from(
          await kubectl("-n", namespace, "get", "secret", "nats-authorities", "-o", "jsonpath={.data.internal\\.crt}"),
          "base64",
        ).toString();
        const ready = await pods(
          "app.kubernetes.io/component=nats",
          "{.metadata.name}={.status.containerStatuses[0].ready}",
        );
        expect(ready.split("\n").sort()).toEqual(servers.map((server) => `${server}=true`));
        return ready;
      },
      (ready) => ready.replaceAll("\n", ", "),
    ),
  minutes(20),
);

proof(
  "routes stand between all servers, over TLS, and a stream has three replicas",
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
        const streams = await (await fixedUser("streams-APP", "_INBOX.streams")).connection();
        const manager = await streams.jetstreamManager();
        const { cluster } = await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"], num_replicas: 3 });
        const peers = [cluster?.leader, ...(cluster?.replicas ?? []).map((replica) => replica.name)].sort();
        expect(peers).toEqual(servers);
        return peers;
      },
      (peers) => `ORDERS on ${peers.join(", ")}`,
    ),
  minutes(5),
);

proof(
  "the callout admits a valid token and refuses another",
  () =>
    report.row(
      "apply auth: callout admits and refuses",
      async () => {
        await project.apply(stackOf("auth"));
        const alice = await client({ kind: "token", token: await issuer.token({ sub: "alice" }) });
        await alice.publish("user.alice.hello", "x");
        const admitted = await (await alice.connection()).request("$SYS.REQ.USER.INFO", "", { timeout: 5000 });
        const { data } = admitted.json<{ data: { user: string; account: string } }>();
        const stranger = await client({
          kind: "token",
          token: (await issuer.token({ sub: "mallory" })).replace(/.$/, "x"),
        });
        await expect(stranger.connection()).rejects.toThrow(/Authorization Violation/i);
        return data.user;
      },
      (user) => `${user} admitted; a broken signature refused`,
    ),
  minutes(10),
);

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
        const manager = await (
          await (await fixedUser("streams-APP", "_INBOX.streams")).connection()
        ).jetstreamManager();
        await eventually(
          "every replica is current",
          async () => {
            const { cluster } = await manager.streams.info("ORDERS");
            return (cluster?.replicas ?? []).every(({ current }) => current) && cluster?.replicas?.length === 2;
          },
          120,
        );
        return "nats-1";
      },
      (server) => `${server} is ready again, every replica current`,
    ),
  minutes(8),
);

proof(
  "a rolling restart under a publisher loses nothing that was acknowledged",
  () =>
    report.row(
      "rolling restart under load",
      async () => {
        const streams = await fixedUser("streams-APP", "_INBOX.streams");
        const publisher = startPublisher(streams, "orders.rolled");
        await eventually("messages are acknowledged", async () => publisher.count() > 20, 60);
        await kubectl("-n", namespace, "rollout", "restart", "statefulset/nats");
        await kubectl("-n", namespace, "rollout", "status", "statefulset/nats", "--timeout=10m");
        const seen = publisher.count();
        await eventually("messages are acknowledged after it", async () => publisher.count() > seen + 20, 120);
        const published = await publisher.stop();
        expect(published.failed).toEqual([]);
        const jetstream = (await streams.connection()).jetstream();
        const consumer = await jetstream.consumers.get("ORDERS");
        const wanted = new Set(published.acknowledged);
        await eventually(
          "every acknowledged message is there",
          async () => {
            for await (const message of await consumer.fetch({ max_messages: 5000, expires: 2000 }))
              wanted.delete(message.string());
            return wanted.size === 0;
          },
          120,
        );
        return published;
      },
      ({ acknowledged, longestGapMs }) => `${acknowledged.size} acknowledged, 0 lost, longest gap ${longestGapMs} ms`,
    ),
  minutes(20),
);

const streamsAreCurrent = async () => {
  const manager = await (await (await fixedUser("streams-APP", "_INBOX.streams")).connection()).jetstreamManager();
  await eventually(
    "every replica is current",
    async () => {
      const { cluster } = await manager.streams.info("ORDERS");
      return cluster?.replicas?.length === 2 && cluster.replicas.every(({ current }) => current);
    },
    180,
  );
  return (await manager.streams.info("ORDERS")).state.messages;
};

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
        return streamsAreCurrent();
      },
      (messages) => `nats-2 has a new volume, every replica current with ${messages} messages`,
    ),
  minutes(10),
);

proof(
  "the CronJob backs the streams up",
  () =>
    report.row(
      "apply backup: a run of the CronJob",
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
        await project.apply(stackOf("backup"));
        await kubectl("-n", namespace, "create", "job", "backup-now", "--from=cronjob/nats-backup-app");
        await kubectl("-n", namespace, "wait", "--for=condition=complete", "job/backup-now", "--timeout=5m");
      },
      () => "a backup of account APP is complete",
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
        await kubectl("-n", namespace, "create", "job", "renew-now", "--from=cronjob/nats-certificate-renewal");
        await kubectl("-n", namespace, "wait", "--for=condition=complete", "job/renew-now", "--timeout=8m");
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
            servername: service,
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

proof(
  "a second apply changes nothing",
  () =>
    report.row(
      "second plan",
      async () => {
        for (const stack of stacks) {
          const { code, text } = await project.terraform(
            stack,
            "plan",
            "-detailed-exitcode",
            "-input=false",
            "-no-color",
          );
          expect({ stack, code, text: code === 0 ? "" : text.slice(-3000) }).toEqual({ stack, code: 0, text: "" });
        }
        return stacks.length;
      },
      (count) => `no changes in ${count} stacks`,
    ),
  minutes(10),
);

proof(
  "the state holds no secret",
  () =>
    report.row(
      "secrets in state",
      async () => {
        for (const stack of stacks) {
          const { text } = await project.terraform(stack, "state", "pull");
          expect(text).not.toMatch(/\bS[OAUX][A-Z2-7]{56}\b|-----BEGIN [A-Z ]*PRIVATE KEY/);
        }
      },
      () => "no seed and no private key",
    ),
  minutes(3),
);

proof(
  "destroy leaves nothing",
  () =>
    report.row(
      "destroy",
      async () => {
        for (const stack of [...stacks].reverse()) {
          const { code, text } = await project.terraform(
            stack,
            "destroy",
            "-auto-approve",
            "-input=false",
            "-no-color",
          );
          if (code !== 0) throw new Error(text.slice(-4000));
        }
        await eventually(
          "the namespace is gone",
          async () => {
            const left = await kubectl("get", "namespace", namespace, "--ignore-not-found", "-o", "name");
            return left === "";
          },
          120,
        );
      },
      () => "namespace, mounts and release are gone",
    ),
  minutes(10),
);
