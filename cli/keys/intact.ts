import { backupKeySecret } from "../../model/topology";
import { UserError } from "../core/project";
import { pairOf } from "./seeds";

/** What should be a key, and is none. */
export class DamagedKey extends UserError {}

/**
 * A key as it was read.
 *
 * @param place where it lies, for the message
 * @throws UserError when it is damaged: what is not known of a key must not look as if there were none
 */
export function intact(name: string, value: string, place: string): string {
  if (isWhole(name, value)) return value;
  const how = value === "" ? "it is empty" : "it is no key";
  throw new DamagedKey(
    `${place} is damaged: ${how}`,
    "restore it with natsform keys import; with another key, what was made with this one cannot be reached",
  );
}

/** During a rotation a deployed value holds the old key below the new one. */
export function isWhole(name: string, value: string): boolean {
  if (name.startsWith("creds-") || value.includes(credsBegin)) return value.includes(credsEnd);
  if (name === backupKeySecret) return value.split("\n").every((line) => Buffer.from(line, "base64").length === 32);
  return value.split("\n").every(isSeed);
}

const credsBegin = "-----BEGIN NATS USER JWT-----";
const credsEnd = "END USER NKEY SEED";

function isSeed(line: string): boolean {
  try {
    return pairOf(line).getPublicKey() !== "";
  } catch {
    return false;
  }
}
