import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JetStreamManager, jetstream, jetstreamManager, type StreamConfig } from "@nats-io/jetstream";
import { connect, type NatsConnection, nkeyAuthenticator, nkeys } from "@nats-io/transport-node";
import { pino } from "pino";
import { parseEnvironment } from "../../model/config";
import { buildTopology } from "../../model/topology";
import { BACKUP_INBOX } from "../../runtime/backup/contract";
import { notYetWhenMissing, STREAM_NOT_FOUND, until } from "../../runtime/client/retry";
import { manager } from "../../runtime/streams/find";
import { startCluster, type TestCluster } from "../truth/streams-cluster";
import { scope } from "./backup-manifests";
import { core, threeServers } from "./twin-environment";

export const silent = pino({ level: "silent" });
export { scope };

/** Real servers with TLS and the accounts APP and OTHER; the backup user of APP has exactly what the topology gives it. */
export interface BackupWorld {
  readonly cluster: TestCluster;
  /** May do everything in APP. */
  readonly app: NatsConnection;
  readonly jsm: JetStreamManager;
  /** The backup user of APP. */
  readonly backup: NatsConnection;
  /** May do everything in OTHER. */
  readonly other: NatsConnection;
  /** A folder of its own. */
  readonly folder: string;
  /** What the program needs to reach the servers as the backup user. */
  readonly program: Record<string, string>;
  stop(): Promise<void>;
}

/** Permissions of the backup user, as the topology has them. */
function backupPermissions() {
  const { environment } = parseEnvironment(
    threeServers("tests", { clusters: { core: { ...core, backup: { to: "s3://backups/core" } } } }),
  );
  if (!environment) throw new Error("the environment of the tests is refused");
  const user = buildTopology(environment).identity.users.find(({ name }) => name === "backup-APP");
  if (!user?.permissions) throw new Error("the backup user has no permissions of its own");
  return user.permissions;
}

export async function startBackupWorld(size: number): Promise<BackupWorld> {
  const folder = mkdtempSync(join(tmpdir(), "natsform-backup-"));
  const file = (name: string) => join(folder, name);
  let cluster: TestCluster | undefined;
  const connections: NatsConnection[] = [];
  const stop = async () => {
    await Promise.all(connections.map((nc) => nc.close().catch(() => undefined)));
    await cluster?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const certificate = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
    const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    const out = ["-keyout", file("key.pem"), "-out", file("cert.pem")];
    execFileSync("openssl", ["req", ...certificate, ...names, ...out], { stdio: "pipe" });
    const user = nkeys.createUser();
    writeFileSync(file("user.nk"), new TextDecoder().decode(user.getSeed()), { mode: 0o600 });
    cluster = await startCluster({
      size,
      conf: `
        tls { cert_file: "${file("cert.pem")}", key_file: "${file("key.pem")}" }
        accounts {
          APP {
            jetstream: enabled
            users: [
              { user: app, password: app }
              { nkey: ${user.getPublicKey()}, permissions: ${JSON.stringify(backupPermissions())} }
            ]
          }
          OTHER { jetstream: enabled, users: [{ user: other, password: other }] }
        }
      `,
    });
    const servers = cluster.servers.map(({ client }) => client.replace("nats:", "tls:"));
    const open = async (options: object) => {
      const tls = { ca: readFileSync(file("cert.pem"), "utf8") };
      const nc = await connect({
        servers,
        tls,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 100,
        waitOnFirstConnect: true,
        ...options,
      });
      connections.push(nc);
      return nc;
    };
    const app = await open({ user: "app", pass: "app" });
    await until("a leader of the servers", Date.now() + 90_000, async () =>
      (await manager(app)).streams.names().next(),
    );
    const backup = await open({ authenticator: nkeyAuthenticator(user.getSeed()), inboxPrefix: BACKUP_INBOX });
    const other = await open({ user: "other", pass: "other" });
    return {
      cluster,
      app,
      jsm: await patient(app),
      backup,
      other,
      folder,
      program: {
        NATS_SERVERS: servers.join(","),
        NATS_CA_FILE: file("cert.pem"),
        NATS_NKEY_SEED_FILE: file("user.nk"),
        BACKUP_ENVIRONMENT: scope.environment,
        BACKUP_CLUSTER: scope.cluster,
        BACKUP_ACCOUNT: scope.account,
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** For requests that are not made again: of a busy machine the answer is late. */
export const patient = (nc: NatsConnection): Promise<JetStreamManager> =>
  jetstreamManager(nc, { checkAPI: false, timeout: 30_000 });

/** Makes a stream; waits for a cluster that is starting. */
export async function makeStream(jsm: JetStreamManager, config: Partial<StreamConfig> & { name: string }) {
  await until(`making ${config.name}`, Date.now() + 60_000, () => jsm.streams.add(config));
  // What is done to it next may be asked of a server that has not heard of it yet.
  const known = () => notYetWhenMissing([STREAM_NOT_FOUND], () => jsm.streams.info(config.name));
  await until(`hearing of ${config.name}`, Date.now() + 60_000, known);
}

/** Publishes messages, each until it is acknowledged, a few at a time. */
export async function fill(nc: NatsConnection, subject: string, count: number, data: (i: number) => Uint8Array) {
  const stored = jetstream(nc, { timeout: 30_000 });
  for (let at = 0; at < count; at += 100)
    await Promise.all(
      Array.from({ length: Math.min(100, count - at) }, (_, i) =>
        until(`publishing on ${subject}`, Date.now() + 60_000, () =>
          stored.publish(`${subject}.${at + i}`, data(at + i), { msgID: `${subject}-${at + i}` }),
        ),
      ),
    );
}
