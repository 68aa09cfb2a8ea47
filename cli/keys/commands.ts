import { existsSync } from "node:fs";
import { loadEnvironment, loadTrust, loadTrustIfThere, trustFile } from "../../model/config/load";
import { openEnvironment } from "../core/environment";
import { projectRoot } from "../core/environments";
import { withLock } from "../core/lock";
import { shownPath, UserError } from "../core/project";
import { completeKeys } from "./complete";
import { type KeyLocationOptions, keyLocation } from "./location";
import { makeKeys } from "./make";
import { deployedIn, pushSecrets, removeStrayKeys } from "./push";
import { finishRotation, previousKeys, rotateKeys, separated } from "./rotate";
import { MemoryStore, openStore } from "./store";
import { writeTrust } from "./trust-file";
import { refuseOtherKeys, type TrustedKey, trustedKeys } from "./trusted-keys";

export interface KeysProps extends KeyLocationOptions {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
}

export interface KeysMade {
  /** Names of the keys that were missing. */
  created: string[];
  /** The store, in words. */
  store: string;
  /** The trust file, as people write its path. */
  trust: string;
  /** False: the trust file was up to date. */
  written: boolean;
}

/**
 * Creates the keys that an environment needs and its store lacks, and writes the trust file.
 *
 * @param props.replace keys that may be made anew although the trust file knows them
 * @throws UserError when the trust file belongs to other keys, or keys of it are lost
 */
export async function createKeys(
  name: string,
  { replace, ...props }: KeysProps & { replace?: readonly string[] } = {},
): Promise<KeysMade> {
  const { root, topology } = await openEnvironment(name, props.root);
  const { store, trust: path, lock } = keyLocation(root, name, props);
  return withLock(lock, async () => {
    const previous = loadTrustIfThere(path, root);
    if (previous && !previous.example && (await store.list()).length === 0) {
      throw new UserError(
        `${shownPath(root, path)} belongs to keys that are not in ${store.description}; new keys would lock everyone out`,
        `natsform keys import ${name} FILE restores them from an export; or name the right store with --store; or remove the trust file to start over`,
      );
    }
    // Otherwise a trust file of these keys would replace the one that servers and the other keys belong to.
    if (previous && !previous.example) await refuseOtherKeys(topology, previous, store);
    const known = previous?.example ? undefined : previous;
    const named = `${name}${props.twin ? " --twin" : ""}`;
    const { trust, created } = await completeKeys(topology, store, { previous: known, replace, named });
    const written = writeTrust(path, trust);
    return { created, store: store.description, trust: shownPath(root, path), written };
  });
}

/** Writes a trust file whose seeds are discarded. @returns its path @throws UserError when a real one is there */
export async function writeExampleTrust(name: string, { root: project }: { root?: string } = {}): Promise<string> {
  const { root, topology } = await openEnvironment(name, project);
  const path = trustFile(name, root);
  if (existsSync(path) && !loadTrust(path, root).example) {
    throw new UserError(
      `${shownPath(root, path)} is not an example: it belongs to a deployment`,
      "to replace it, remove it first",
    );
  }
  const { trust } = await makeKeys(topology, new MemoryStore());
  writeTrust(path, { ...trust, example: true });
  return shownPath(root, path);
}

export interface KeysRotated {
  /** True: an interrupted rotation went on. */
  continued: boolean;
  /** Keys that were rotated, or dropped by `finish`. */
  keys: string[];
}

/**
 * Puts a new issuer, curve key and responder login beside the old ones; with `finish` removes the old ones.
 *
 * @throws UserError when the operator is imported
 */
export async function rotateEnvironmentKeys(
  name: string,
  { finish = false, ...props }: KeysProps & { finish?: boolean } = {},
): Promise<KeysRotated> {
  const { root, topology } = await openEnvironment(name, props.root);
  const { store, trust: path, lock } = keyLocation(root, name, props);
  return withLock(lock, async () => {
    const previous = loadTrust(path, root);
    if (previous.imported) {
      throw new UserError(
        `the operator of ${name} is imported: its accounts list the keys that would be rotated`,
        "replace signing keys in the Control Plane, then natsform keys import-operator",
      );
    }
    const continued = !finish && (await previousKeys(topology, store)) !== undefined;
    const keys = await (finish ? finishRotation : rotateKeys)(topology, store, previous);
    const { trust } = await makeKeys(topology, store, finish ? previous : separated(topology, previous));
    writeTrust(path, trust);
    return { continued, keys };
  });
}

export interface KeysShown {
  environment: string;
  /** True: the trust file is an example, whose seeds were discarded. */
  example: boolean;
  /** Public halves; `held`: the seed is in the store. */
  keys: (TrustedKey & { held: boolean })[];
}

/** Public halves of an environment's keys. @throws UserError */
export async function readKeys(name: string, props: KeysProps = {}): Promise<KeysShown> {
  const root = props.root ?? projectRoot();
  await loadEnvironment(name, root);
  const { store, trust: path } = keyLocation(root, name, props);
  const trust = loadTrust(path, root);
  const held = new Set(await store.list());
  const keys = trustedKeys(trust).map((row) => ({ ...row, held: held.has(row.key) }));
  return { environment: name, example: trust.example, keys };
}

export interface KeysPushed {
  written: number;
  unchanged: number;
  /** Keys that nobody in the cluster reads, where the store is its Secret. */
  removed: string[];
  /** The store that was written, in words. */
  target: string;
}

/** Copies the keys of deployed programs into the deployment's existing secrets at `to`. @throws UserError */
export async function pushKeys(name: string, { to, ...props }: KeysProps & { to: string }): Promise<KeysPushed> {
  const { root, topology } = await openEnvironment(name, props.root);
  const { store, trust: path, lock } = keyLocation(root, name, props);
  const target = openStore(to, "existing");
  return withLock(lock, async () => {
    const trust = loadTrustIfThere(path, root);
    const keyed = { topology, trust: trust ?? {} };
    if (trust) await refuseOtherKeys(topology, trust, store);
    const deployed = deployedIn(topology, to);
    const pushed = await pushSecrets(keyed, store, target, deployed);
    // What nobody in a cluster reads must not lie in its Secret; other stores may be shared.
    const removed = deployed.personal ? [] : await removeStrayKeys(keyed, target, deployed);
    return { ...pushed, removed, target: target.description };
  });
}
