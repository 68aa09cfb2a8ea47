import { z } from "zod";
import { UserError } from "../core/project";
import { checkKeyName, isKeyName } from "./key-name";
import type { KeyStore } from "./key-store";

const Read = z.object({ data: z.object({ data: z.object({ value: z.string() }).nullable() }) });
const Listed = z.object({ data: z.object({ keys: z.array(z.string()) }) });

/** A KV v2 engine of Vault, one entry for each key. VAULT_ADDR and VAULT_TOKEN are those of Vault's own tools. */
export class VaultKvStore implements KeyStore {
  readonly description: string;

  /** @param path below the mount */
  constructor(
    private readonly mount: string,
    private readonly path: string,
    private readonly env: { VAULT_ADDR?: string; VAULT_TOKEN?: string; VAULT_NAMESPACE?: string } = process.env,
  ) {
    this.description = `Vault ${mount}/${path}`;
  }

  async read(name: string): Promise<string | undefined> {
    const answer = await this.call("GET", "data", name);
    // A deleted version answers with an entry without data.
    return answer === undefined ? undefined : (Read.parse(answer).data.data?.value ?? undefined);
  }

  async write(name: string, value: string): Promise<void> {
    await this.call("POST", "data", name, { data: { value } });
  }

  /** With every older version: a key that was rotated out must be gone. */
  async remove(name: string): Promise<void> {
    await this.call("DELETE", "metadata", name);
  }

  async list(): Promise<string[]> {
    const answer = await this.call("LIST", "metadata");
    return answer === undefined ? [] : Listed.parse(answer).data.keys.filter(isKeyName).sort();
  }

  /** @returns what Vault answers; `undefined` when there is no such entry */
  private async call(method: string, kind: "data" | "metadata", name?: string, body?: unknown): Promise<unknown> {
    if (name !== undefined) checkKeyName(name);
    const { VAULT_ADDR, VAULT_TOKEN, VAULT_NAMESPACE } = this.env;
    if (!VAULT_ADDR || !VAULT_TOKEN)
      throw new UserError("VAULT_ADDR and VAULT_TOKEN are not set", "log in to Vault first");
    const entry = [this.mount, kind, this.path, ...(name === undefined ? [] : [name])].join("/");
    const response = await fetch(new URL(`/v1/${entry}`, VAULT_ADDR), {
      method,
      headers: {
        "x-vault-token": VAULT_TOKEN,
        ...(VAULT_NAMESPACE && { "x-vault-namespace": VAULT_NAMESPACE }),
        "content-type": "application/json",
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(30_000),
    });
    if (response.status === 404) {
      const text = await response.text();
      if (method === "GET" || method === "LIST") return parse(text, "data");
      throw new UserError(
        `${this.description}: there is no such mount`,
        `vault secrets enable -path=${this.mount} kv-v2`,
      );
    }
    if (response.status === 204) return undefined;
    if (!response.ok) throw new UserError(`${this.description}: Vault answers ${response.status} to ${method}`);
    return response.json();
  }
}

/** A 404 with an entry means a deleted version; one with errors alone means that there is no entry. */
function parse(text: string, key: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === "object" && body !== null && (body as Record<string, unknown>)[key] ? body : undefined;
  } catch {
    return undefined;
  }
}

/** `MOUNT/PATH`. */
export function vaultKvStore(rest: string): VaultKvStore | undefined {
  const [, mount, path] = /^([\w.-]+)\/([\w.-]+(?:\/[\w.-]+)*)$/.exec(rest) ?? [];
  return mount && path ? new VaultKvStore(mount, path) : undefined;
}
