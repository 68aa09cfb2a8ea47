import type { KeyStore } from "./key-store";

/** A store whose writes are kept back until `commit`: until then, and without it, the store below is as it was. */
export class BufferedStore implements KeyStore {
  readonly description: string;
  readonly #written = new Map<string, string>();

  constructor(private readonly store: KeyStore) {
    this.description = store.description;
  }

  async read(name: string): Promise<string | undefined> {
    return this.#written.get(name) ?? (await this.store.read(name));
  }

  async write(name: string, value: string): Promise<void> {
    this.#written.set(name, value);
  }

  async remove(name: string): Promise<void> {
    this.#written.delete(name);
    await this.store.remove(name);
  }

  async list(): Promise<string[]> {
    return [...new Set([...(await this.store.list()), ...this.#written.keys()])].sort();
  }

  async commit(): Promise<void> {
    for (const [name, value] of this.#written) await this.store.write(name, value);
    this.#written.clear();
  }
}
