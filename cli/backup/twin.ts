import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { pino } from "pino";
import { readIfThere } from "../../artifacts/files";
import { backupKeySecret, type ClusterTopology } from "../../model/topology";
import { shrinkAlarms } from "../../runtime/backup/alarms";
import { backUp } from "../../runtime/backup/backup";
import { chooseBackup, type Entry, NoBackup, newestGood, readCatalog, type Scope } from "../../runtime/backup/catalog";
import { BACKUP_INBOX } from "../../runtime/backup/contract";
import { drill } from "../../runtime/backup/drill";
import { type BackupKey, parseKeys } from "../../runtime/backup/keys";
import type { Manifest } from "../../runtime/backup/manifest";
import { bucketOptions, openTarget } from "../../runtime/backup/open-target";
import { prune } from "../../runtime/backup/prune";
import { previewRestore, type RestoredStream, restore } from "../../runtime/backup/restore";
import type { RestoreStep } from "../../runtime/backup/restore-plan";
import { startScratchServer } from "../../runtime/backup/scratch-server";
import { type Target, TargetError } from "../../runtime/backup/target";
import type { Verdict } from "../../runtime/backup/verify";
import { errorMessage } from "../../runtime/common/error-message";
import { UserError } from "../core/project";
import { requireNatsServer } from "../core/toolbox/missing";
import { FolderStore } from "../keys/store";
import { streamsClient, userClient } from "../twin/connect";
import type { Twin } from "../twin/context";

export interface BackupOptions {
  /** URL of the target. @default the folder `backups` beside the twin, which `down --wipe` leaves alone */
  to?: string;
  /** File with keys. @default the twin's own, where the cluster's backups are encrypted */
  key?: string;
  /** Reads only backups that were made before there was a key. */
  unencrypted?: boolean;
  cluster?: string;
  account?: string;
}

/** One account of one cluster, and where its backups are. */
export interface BackupScope {
  readonly cluster: ClusterTopology;
  readonly scope: Scope;
  readonly target: Target;
  /** nats-server of the environment: what a backup is restored to. */
  readonly release: string;
  readonly keys: readonly BackupKey[];
}

const log = pino({ level: "silent" });

/**
 * The accounts that are backed up: all with JetStream, of every cluster that has `backup`; or those that were named.
 *
 * @throws UserError when there is none
 */
export async function backupScopes(twin: Twin, options: BackupOptions): Promise<BackupScope[]> {
  const { topology, folder } = twin;
  const target = await open(options.to ?? pathToFileURL(join(folder.environment, "backups")).href);
  const accounts = topology.identity.accounts.filter(({ jetstream }) => jetstream).map(({ name }) => name);
  const scopes: BackupScope[] = [];
  for (const cluster of topology.clusters) {
    if (!cluster.backup || !cluster.jetstream || cluster.name !== (options.cluster ?? cluster.name)) continue;
    const keys = await keysOf(twin, cluster, options);
    for (const account of accounts.filter((account) => account === (options.account ?? account)))
      scopes.push({
        cluster,
        scope: { environment: topology.environment, cluster: cluster.name, account },
        target,
        release: topology.nats.version,
        keys,
      });
  }
  if (scopes.length === 0)
    throw new UserError(
      `${topology.environment} backs up no such account`,
      "set backup of a cluster, or correct --cluster and --account",
    );
  return scopes;
}

async function keysOf(twin: Twin, { backup }: ClusterTopology, options: BackupOptions): Promise<BackupKey[]> {
  if (options.unencrypted) return [];
  if (options.key !== undefined)
    return keysIn(options.key, readIfThere(options.key), `openssl rand -base64 32 > ${options.key}`);
  if (!backup?.encrypt) return [];
  const kept = await new FolderStore(twin.folder.keys).read(backupKeySecret);
  return keysIn(`key ${backupKeySecret} of the twin`, kept, `natsform up ${twin.topology.environment}`);
}

/** @throws UserError when there is none: a backup that is to be encrypted is never made without a key */
function keysIn(place: string, text: string | undefined, fix: string): BackupKey[] {
  try {
    const keys = parseKeys(text ?? "");
    if (keys.length > 0) return keys;
  } catch (error) {
    throw new UserError(`${place}: ${errorMessage(error)}`);
  }
  throw new UserError(`${place} holds no key`, fix);
}

async function open(url: string): Promise<Target> {
  try {
    return await openTarget(url, bucketOptions(process.env));
  } catch (error) {
    throw error instanceof TargetError ? new UserError(error.message) : error;
  }
}

/** Runs `work` as the account's backup user. */
async function asBackupUser<Result>(
  twin: Twin,
  { cluster, scope }: BackupScope,
  work: (nc: NatsConnection) => Promise<Result>,
): Promise<Result> {
  const login = { inboxPrefix: BACKUP_INBOX, name: "natsform backup" };
  const client = await userClient(twin, cluster, `backup-${scope.account}`, login);
  try {
    const connection = await client.connection().catch((error: unknown) => {
      throw new UserError(
        `cluster ${cluster.name} cannot be reached: ${errorMessage(error)}`,
        `natsform up ${twin.topology.environment}`,
      );
    });
    return await work(connection);
  } finally {
    await client.close();
  }
}

/** Backs up one account and removes backups that are older than the cluster's retention. */
export async function backUpTwin(twin: Twin, one: BackupScope) {
  const { target, scope, keys, cluster } = one;
  const before = newestGood(await readCatalog(target, scope, keys));
  const manifest = await asBackupUser(twin, one, (nc) =>
    backUp(nc, { target, scope, key: keys[0], now: () => new Date(), log }),
  );
  const pruned = await prune({ ...one, retentionMs: cluster.backup?.retentionMs ?? 0, now: new Date() });
  return { manifest, alarms: shrinkAlarms(before, manifest), pruned };
}

export const listBackups = ({ target, scope, keys }: BackupScope): Promise<Entry[]> => readCatalog(target, scope, keys);

/**
 * The backup of an id, or the newest complete one.
 *
 * @throws UserError when there is none, or it cannot be read
 */
export async function findBackup({ target, scope, keys }: BackupScope, id?: string): Promise<Manifest> {
  const entries = await readCatalog(target, scope, keys);
  try {
    return chooseBackup(entries, id);
  } catch (error) {
    if (!(error instanceof NoBackup)) throw error;
    throw new UserError(
      `${target.name}, ${scope.cluster}/${scope.account}: ${error.message}`,
      `natsform backup list ${scope.environment}`,
    );
  }
}

export interface RestoreOptions {
  streams?: string[];
  replace?: string[];
  apply?: boolean;
}

/** Plans a restore, and runs it with `apply` unless a stream is refused. */
export async function restoreTwin(
  twin: Twin,
  one: BackupScope,
  manifest: Manifest,
  { streams = [], replace = [], apply }: RestoreOptions,
): Promise<{ steps: RestoreStep[]; restored?: RestoredStream[] }> {
  const { target, scope, keys, cluster } = one;
  return asBackupUser(twin, one, async (nc) => {
    const remove = async (stream: string) => {
      // The backup user may not delete; the streams user may.
      const client = await streamsClient(twin, cluster, scope.account);
      try {
        await (await jetstreamManager(await client.connection(), { checkAPI: false })).streams.delete(stream);
      } finally {
        await client.close();
      }
    };
    const props = { target, manifest, into: scope, keys, log, streams, replace, remove };
    const steps = await previewRestore(nc, props).catch((error: unknown) => {
      throw new UserError(`the backup ${manifest.id} cannot be used: ${errorMessage(error)}`);
    });
    if (!apply || steps.some(({ kind }) => kind === "refused")) return { steps };
    return { steps, restored: await restore(nc, steps, props) };
  });
}

/**
 * Restores a backup into an empty server of its own and compares every message.
 *
 * @throws UserError without nats-server
 */
export async function drillTwin({ target, keys, release }: BackupScope, manifest: Manifest): Promise<Verdict[]> {
  const natsServer = requireNatsServer(release);
  const scratch = await startScratchServer(natsServer);
  try {
    return await drill(scratch.connection, { target, manifest, keys, log });
  } finally {
    await scratch.stop();
  }
}
