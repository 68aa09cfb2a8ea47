import type { Trust } from "../../model/config";
import { nameIn, storedName } from "../../model/topology";
import type { KeyStore } from "./key-store";

/** The keys of one cluster, and those that belong to none, in a store that holds those of several. */
export class ClusterStore implements KeyStore {
  readonly description: string;

  /** @param owner trust file, which says whose keys have plain names */
  constructor(
    private readonly store: KeyStore,
    private readonly owner: Pick<Trust, "cluster">,
    private readonly cluster: string,
  ) {
    this.description = store.description;
  }

  private stored(name: string): string {
    return storedName(this.owner, this.cluster, name);
  }

  read(name: string): Promise<string | undefined> {
    return this.store.read(this.stored(name));
  }

  write(name: string, value: string): Promise<void> {
    return this.store.write(this.stored(name), value);
  }

  remove(name: string): Promise<void> {
    return this.store.remove(this.stored(name));
  }

  async list(): Promise<string[]> {
    return (await this.store.list()).flatMap((stored) => nameIn(this.owner, this.cluster, stored) ?? []);
  }
}
