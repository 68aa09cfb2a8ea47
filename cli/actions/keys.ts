import { existsSync } from "node:fs";
import { privateFile, writeFileAtomically } from "../../artifacts/files";
import { loadEnvironment, loadTrust, loadTrustIfThere, trustFile } from "../../model/config/load";
import { counted } from "../core/counted";
import { openEnvironment } from "../core/environment";
import { projectRoot } from "../core/environments";
import { withLock } from "../core/lock";
import { print, printJson, table } from "../core/output";
import { shownPath, UserError } from "../core/project";
import { kinds } from "../keys/key-kinds";
import { type KeyLocationOptions, keyLocation } from "../keys/location";
import { makeKeys } from "../keys/make";
import { pushSecrets } from "../keys/push";
import { finishRotation, previousKeys, rotateKeys } from "../keys/rotate";
import { createPair, seedOf } from "../keys/seeds";
import { MemoryStore, openStore } from "../keys/store";
import { writeTrust } from "../keys/trust-file";
import { refuseOtherKeys, trustedKeys } from "../keys/trusted-keys";

interface Options extends KeyLocationOptions {
  json?: boolean;
  finish?: boolean;
  to?: string;
}

export async function init(name: string, options: Options): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const { store, trust: path, lock } = keyLocation(root, name, options);
  await withLock(lock, async () => {
    const previous = loadTrustIfThere(path, root);
    if (previous && !previous.example && (await store.list()).length === 0) {
      throw new UserError(
        `${shownPath(root, path)} belongs to keys that are not in ${store.description}; new keys would lock everyone out`,
        "name the right store with --store, or remove the trust file to start over",
      );
    }
    // Otherwise a trust file of these keys would replace the one that servers and the other keys belong to.
    if (previous && !previous.example) await refuseOtherKeys(topology, previous, store);
    const { trust, created } = await makeKeys(topology, store, previous?.example ? undefined : previous);
    const changed = writeTrust(path, trust);
    print(
      `${counted(created.length, "key")} made in ${store.description}${created.length > 0 ? `: ${created.join(", ")}` : ""}`,
    );
    print(`${shownPath(root, path)} ${changed ? "written" : "is up to date"}`);
  });
}

export function generate(kind: string, { out }: { out: string }): void {
  const known = kinds.find((candidate) => candidate === kind);
  if (!known) throw new UserError(`no such kind of key: ${kind}`, `known: ${kinds.join(", ")}`);
  if (existsSync(out))
    throw new UserError(`${out} exists`, "name another file: users of the old key would be locked out");
  const pair = createPair(known);
  writeFileAtomically(out, `${seedOf(pair)}\n`, privateFile);
  print(pair.getPublicKey());
}

export async function example(name: string): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const path = trustFile(name, root);
  if (existsSync(path) && !loadTrust(path, root).example) {
    throw new UserError(
      `${shownPath(root, path)} is not an example: it belongs to a deployment`,
      "to replace it, remove it first",
    );
  }
  const { trust } = await makeKeys(topology, new MemoryStore());
  writeTrust(path, { ...trust, example: true });
  print(`${shownPath(root, path)} written, as an example`);
}

export async function rotate(name: string, options: Options): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const { store, trust: path, lock } = keyLocation(root, name, options);
  await withLock(lock, async () => {
    const previous = loadTrust(path, root);
    if (previous.imported) {
      throw new UserError(
        `the operator of ${name} is imported: its accounts list the keys that would be rotated`,
        "replace signing keys in the Control Plane, then natsform keys import",
      );
    }
    const begun = !options.finish && (await previousKeys(topology, store)) !== undefined;
    const done = await (options.finish ? finishRotation : rotateKeys)(topology, store, previous);
    const { trust } = await makeKeys(topology, store, previous);
    writeTrust(path, trust);
    if (begun) print("continues an interrupted rotation");
    print(`${options.finish ? "dropped" : "rotated"}: ${done.join(", ")}`);
    const apply = options.twin ? `natsform up ${name}` : `natsform deploy ${name}`;
    print(
      options.finish
        ? `next: ${apply}`
        : `next: ${apply}; responders accept old and new keys until natsform keys rotate ${name}${options.twin ? " --twin" : ""} --finish`,
    );
  });
}

export async function show(name: string, options: Options): Promise<void> {
  const root = projectRoot();
  await loadEnvironment(name, root);
  const { store, trust: path } = keyLocation(root, name, options);
  const trust = loadTrust(path, root);
  const held = new Set(await store.list());
  const rows = trustedKeys(trust).map((row) => ({ ...row, held: held.has(row.key) }));
  if (options.json) printJson({ environment: name, example: trust.example, keys: rows });
  else {
    if (trust.example) print("example trust file: its seeds were discarded; natsform keys init creates real keys\n");
    print(
      table([
        ["KEY", "PUBLIC HALF", "SEED"],
        ...rows.map(({ key, publicKey, held }) => [key, publicKey, held ? "in the store" : "not in the store"]),
      ]),
    );
  }
}

export async function push(name: string, options: Options): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const { store, trust: path, lock } = keyLocation(root, name, options);
  const target = openStore(options.to ?? "", "existing");
  await withLock(lock, async () => {
    const trust = loadTrustIfThere(path, root);
    if (trust) await refuseOtherKeys(topology, trust, store);
    const pushed = await pushSecrets(topology, store, target);
    print(`${counted(pushed.written, "secret")} written to ${target.description}, ${pushed.unchanged} unchanged`);
  });
}
