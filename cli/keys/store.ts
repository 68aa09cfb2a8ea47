import { chmodSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { privateFile, privateFolder, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { makeFolders } from "../../bin/make-folders";
import { UserError } from "../core/project";
import { intact } from "./intact";
import { checkKeyName } from "./key-name";
import type { KeyStore } from "./key-store";
import { kubernetesSecretStore } from "./kubernetes-secret";
import { SecretsManagerStore } from "./secrets-manager";
import { storeForms } from "./store-forms";
import { vaultKvStore } from "./vault-kv";

/** A folder for its owner alone, one file for each key. */
export class FolderStore implements KeyStore {
  readonly description: string;

  constructor(private readonly folder: string) {
    this.description = `folder ${folder}`;
  }

  private path(name: string): string {
    checkKeyName(name);
    return join(this.folder, `${name}.key`);
  }

  async read(name: string): Promise<string | undefined> {
    const value = readIfThere(this.path(name))?.trim();
    return value === undefined ? undefined : intact(name, value, this.path(name));
  }

  async write(name: string, value: string): Promise<void> {
    makeFolders(this.folder, privateFolder);
    // An existing folder may be readable by others.
    chmodSync(this.folder, privateFolder);
    writeFileAtomically(this.path(name), `${value}\n`, privateFile);
  }

  async remove(name: string): Promise<void> {
    rmSync(this.path(name), { force: true });
  }

  async list(): Promise<string[]> {
    try {
      return readdirSync(this.folder)
        .filter((file) => file.endsWith(".key"))
        .map((file) => file.slice(0, -".key".length))
        .sort();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  }
}

/** Keys in memory alone: for example trust files, whose seeds are discarded. */
export class MemoryStore implements KeyStore {
  readonly #values = new Map<string, string>();

  constructor(
    readonly description = "memory",
    values: Iterable<readonly [name: string, value: string]> = [],
  ) {
    for (const [name, value] of values) this.#values.set(name, value);
  }

  async read(name: string): Promise<string | undefined> {
    return this.#values.get(name);
  }

  async write(name: string, value: string): Promise<void> {
    this.#values.set(name, value);
  }

  async remove(name: string): Promise<void> {
    this.#values.delete(name);
  }

  async list(): Promise<string[]> {
    return [...this.#values.keys()].sort();
  }
}

/**
 * Opens a store by its URL: `file:FOLDER`, `aws:REGION/PREFIX` for Secrets Manager, `kubernetes:NAMESPACE/SECRET` or
 * `vault:MOUNT/PATH` for a KV v2 engine.
 *
 * @param containers `existing`: write only into secrets that are there already
 */
export function openStore(url: string, containers: "made" | "existing" = "made"): KeyStore {
  const [scheme, rest] = [url.slice(0, url.indexOf(":")), url.slice(url.indexOf(":") + 1)];
  if (scheme === "file" && rest) return new FolderStore(rest.replace(/^\/\//, ""));
  const [, region, prefix] = /^([a-z]{2}(?:-[a-z]+)+-\d)\/([\w+=.@-]+(?:\/[\w+=.@-]+)*)$/.exec(rest) ?? [];
  if (scheme === "aws" && region && prefix) return new SecretsManagerStore(region, prefix, containers);
  const other =
    scheme === "kubernetes" ? kubernetesSecretStore(rest) : scheme === "vault" ? vaultKvStore(rest) : undefined;
  if (other) return other;
  throw new UserError(`no such key store: ${url}`, `known: ${storeForms}`);
}
