import { z } from "zod";
import { Trust } from "../../../model/config";
import { backupKeySecret } from "../../../model/topology";
import { UserError } from "../../core/project";
import { DamagedKey, isWhole } from "../intact";
import { isKeyName } from "../key-name";
import type { KeyStore } from "../key-store";
import { previousOf } from "../rotated-keys";

/** What an export of keys holds, before it is encrypted. */
export const KeyExport = z.strictObject({
  format: z.literal("natsform keys 1"),
  environment: z.string().min(1),
  /** When it was made, in ISO 8601. */
  exported: z.iso.datetime(),
  /** The trust file that the keys belong to: all of it is public. */
  trust: Trust,
  /** By their names in the store. */
  keys: z.record(z.string().refine(isKeyName), z.string()),
});
export type KeyExport = z.output<typeof KeyExport>;

/**
 * The decrypted text of an export.
 *
 * @throws UserError that quotes nothing of it
 */
export function parseExport(text: string, place: string): KeyExport {
  let input: unknown;
  try {
    input = JSON.parse(text);
  } catch {
    input = undefined;
  }
  const { data } = KeyExport.safeParse(input);
  if (!data)
    throw new UserError(`${place} holds no keys of this natsform`, "name a file that natsform keys export wrote");
  return data;
}

/** Texts of a store by name, and names of what could not be taken. */
export interface StoredKeys {
  keys: Map<string, string>;
  /** What should be a key, and is none. */
  damaged: string[];
}

/** Everything that a store holds by these names. */
export async function storedKeys(store: KeyStore, names: readonly string[]): Promise<StoredKeys> {
  const stored: StoredKeys = { keys: new Map(), damaged: [] };
  for (const name of names) {
    try {
      const text = await store.read(name);
      if (text === undefined) continue;
      if (isWhole(name, text)) for (const [one, value] of apart(name, text)) stored.keys.set(one, value);
      else stored.damaged.push(name);
    } catch (error) {
      if (!(error instanceof DamagedKey)) throw error;
      stored.damaged.push(name);
    }
  }
  return stored;
}

/** During a rotation a deployed secret holds the old key below the new one; where keys are made each has its own name. */
function apart(name: string, text: string): (readonly [name: string, text: string])[] {
  if (name === backupKeySecret || text.startsWith("-----")) return [[name, text]];
  const [current = "", old] = text.split("\n");
  return [[name, current], ...(old === undefined ? [] : [[previousOf(name), old] as const])];
}
