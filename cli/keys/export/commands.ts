import { existsSync } from "node:fs";
import { privateFile, writeFileAtomically } from "../../../artifacts/files";
import { loadTrust, loadTrustIfThere } from "../../../model/config/load";
import { openEnvironment } from "../../core/environment";
import { leaving } from "../../core/interrupts";
import { withLock } from "../../core/lock";
import { namedBytes } from "../../core/named-file";
import { shownPath, UserError } from "../../core/project";
import { type KeyLocationOptions, keyLocation } from "../location";
import { MemoryStore } from "../store";
import { writeTrust } from "../trust-file";
import { listedNames, refuseOtherKeys } from "../trusted-keys";
import { decryptAge, encryptAge, needsPassphrase, type Opener, type ReadableBy } from "./age";
import { type KeyExport, parseExport, storedKeys } from "./contents";
import { planImport } from "./plan-import";
import { recordExport } from "./record";

export interface ExportProps extends KeyLocationOptions {
  /** Folder of the project. @default the one around the working directory */
  root?: string;
  /** File to write. One that exists is never overwritten. */
  out: string;
  readableBy: ReadableBy;
}

export interface KeysExported {
  /** Names of the keys that the file holds. */
  keys: string[];
  /** Keys of the trust file that the store does not hold. */
  missing: string[];
  /** Of the store, and not in the file: they are no keys. */
  others: string[];
  /** The store, in words. */
  store: string;
  /** The versioned record of this export, as people write its path; none for a twin. */
  record?: string;
}

/**
 * Writes every key that a store holds into one file in the age format, and notes beside the trust file what it holds.
 *
 * @throws UserError when the store holds other keys than the trust file, or the file exists
 */
export async function exportKeys(name: string, { out, readableBy, ...props }: ExportProps): Promise<KeysExported> {
  const { root, topology } = await openEnvironment(name, props.root);
  const { store, trust: path, lock } = keyLocation(root, name, props);
  refuseExisting(out);
  return withLock(lock, async () => {
    const trust = loadTrust(path, root);
    if (trust.example)
      throw new UserError(
        `${shownPath(root, path)} is an example: nobody holds its keys`,
        `natsform keys init ${name}`,
      );
    const { keys, damaged } = await storedKeys(store, await store.list());
    const wanted = listedNames(trust);
    const broken = damaged.filter((key) => wanted.includes(key));
    if (broken.length > 0)
      throw new UserError(`${store.description} holds what is no key: ${broken.join(", ")}`, importing(name));
    await refuseOtherKeys(topology, trust, new MemoryStore(store.description, keys));
    if (keys.size === 0)
      throw new UserError(`there are no keys in ${store.description}`, "name the right store with --store");
    const exported = new Date().toISOString();
    const content: KeyExport = { format: "natsform keys 1", environment: name, exported, trust, keys: byName(keys) };
    const file = await encryptAge(`${JSON.stringify(content)}\n`, readableBy);
    writeFileAtomically(out, file, privateFile);
    const names = Object.keys(content.keys);
    return {
      keys: names,
      missing: wanted.filter((key) => !keys.has(key)),
      others: damaged,
      store: store.description,
      record: props.twin ? undefined : shownPath(root, recordExport(root, trust, { exported, keys: names, file })),
    };
  });
}

/** @throws UserError when there is such a file already */
export function refuseExisting(out: string): void {
  if (existsSync(out)) throw new UserError(`${out} exists`, "name another file: it may be the only export of its keys");
}

export interface ImportProps extends KeyLocationOptions {
  root?: string;
  /** File that `keys export` wrote. */
  from: string;
  /** Called once it is known which of both opens the file. */
  opener: (kind: "passphrase" | "identities") => Promise<Opener>;
  /** Other keys in the store that may be overwritten. */
  replace?: readonly string[];
}

export interface KeysImported {
  /** When the export was made, in ISO 8601. */
  exported: string;
  written: string[];
  unchanged: string[];
  /** Others than the trust file's; the store holds the right ones. */
  outdated: string[];
  /** Keys that the trust file does not list: nobody uses them. */
  unlisted: string[];
  /** Keys of the trust file that neither the export nor the store holds. */
  missing: string[];
  store: string;
  /** The trust file was missing too, and is that of the export now: its path, as people write it. */
  trust?: string;
}

/**
 * Takes the keys of an export into a store. All of them are compared with the trust file and with what is there first: then
 * all are written, or none. What an interruption leaves, the same command goes on from.
 *
 * @throws UserError with every reason why nothing was written
 */
export async function importKeys(
  name: string,
  { from, opener, replace = [], ...props }: ImportProps,
): Promise<KeysImported> {
  const { root } = await openEnvironment(name, props.root);
  const { store, trust: path, lock } = keyLocation(root, name, props);
  const file = namedBytes(from);
  const text = await decryptAge(file, await opener(needsPassphrase(file) ? "passphrase" : "identities"), from);
  const exported = parseExport(text, from);
  return withLock(lock, async () => {
    const found = loadTrustIfThere(path, root);
    const trust = found ?? exported.trust;
    const wanted = listedNames(trust);
    const stored = await storedKeys(store, [...new Set([...wanted, ...Object.keys(exported.keys)])]);
    const { write, problems, ...kept } = planImport(exported, trust, stored, replace);
    if (problems.length > 0) {
      const list = problems.map((problem) => `  ✖ ${problem}`).join("\n");
      throw new UserError(`${from} is not imported, and nothing was written:\n${list}`, fixes);
    }
    const what = `some keys of ${from} are in ${store.description}, each of them whole`;
    await leaving({ what, goOn: "run the same command again" }, async () => {
      for (const [key, value] of write) await store.write(key, value);
      if (!found) writeTrust(path, trust);
    });
    return {
      exported: exported.exported,
      written: [...write.keys()],
      ...kept,
      missing: wanted.filter((key) => !stored.keys.has(key) && !write.has(key)),
      store: store.description,
      ...(!found && { trust: shownPath(root, path) }),
    };
  });
}

const fixes = "use an export of the keys that the trust file lists, or the trust file that belongs to the export";
const importing = (name: string) => `natsform keys import ${name} FILE restores them from an export`;

const byName = (keys: ReadonlyMap<string, string>): Record<string, string> =>
  Object.fromEntries([...keys].sort(([a], [b]) => (a < b ? -1 : 1)));
