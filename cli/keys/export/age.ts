import { armor, Decrypter, Encrypter } from "age-encryption";
import { UserError } from "../../core/project";

/** Whom a file in the age format (age-encryption.org/v1) is for: holders of keys, or whoever knows a passphrase. */
export type ReadableBy = { recipients: readonly string[] } | { passphrase: string };

/** What may open such a file: lines of `age-keygen`, or a passphrase. */
export type Opener = { identities: readonly string[] } | { passphrase: string };

/** @returns the bytes that the official `age` decrypts too @throws UserError that names every wrong recipient */
export async function encryptAge(text: string, readableBy: ReadableBy): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  if ("passphrase" in readableBy) encrypter.setPassphrase(readableBy.passphrase);
  else {
    const wrong = readableBy.recipients.flatMap((recipient, i) => problemOf(recipient, i, encrypter));
    if (wrong.length > 0) throw new UserError(wrong.join("\n  "), "age-keygen prints a recipient as age1…");
  }
  return encrypter.encrypt(text);
}

/** An identity is a secret: it is not repeated. */
function problemOf(recipient: string, i: number, encrypter: Encrypter): string[] {
  if (recipient.startsWith("AGE-"))
    return [`recipient ${i + 1} is an identity, which is secret: its recipient is what age-keygen -y prints`];
  try {
    encrypter.addRecipient(recipient);
    return [];
  } catch {
    return [`recipient ${i + 1} is none of age: ${recipient}`];
  }
}

/** True for a file that a passphrase opens; false for one of recipients. */
export const needsPassphrase = (file: Uint8Array): boolean =>
  /^-> scrypt /m.test(Buffer.from(binary(file)).subarray(0, 4096).toString("latin1"));

/**
 * @param place path, for messages
 * @throws UserError when it is not whole, or is not opened by this
 */
export async function decryptAge(file: Uint8Array, opener: Opener, place: string): Promise<string> {
  const decrypter = new Decrypter();
  if ("passphrase" in opener) decrypter.addPassphrase(opener.passphrase);
  else for (const [i, identity] of opener.identities.entries()) addIdentity(decrypter, identity, i);
  const bytes = binary(file);
  if (!Buffer.from(bytes.subarray(0, ageStart.length)).equals(ageStart))
    throw new UserError(`${place} is no file in the age format`, "name a file that natsform keys export wrote");
  try {
    return await decrypter.decrypt(bytes, "text");
  } catch (error) {
    const isLocked = /no identity matched|incorrect passphrase|passphrase/i.test((error as Error).message);
    if (isLocked)
      throw new UserError(
        `${place} is not opened by ${"passphrase" in opener ? "this passphrase" : "these identities"}`,
        "passphrase" in opener ? "try another one" : "name the identity of one of its recipients with --identity FILE",
      );
    throw new UserError(`${place} is damaged, and holds nothing that can be trusted`, "use another export of the keys");
  }
}

function addIdentity(decrypter: Decrypter, identity: string, i: number): void {
  try {
    decrypter.addIdentity(identity);
  } catch {
    throw new UserError(`identity ${i + 1} is none of age`, "age-keygen prints one as AGE-SECRET-KEY-1…");
  }
}

const ageStart = Buffer.from("age-encryption.org/v1\n");

/** Some keep such files as text, as `age --armor` writes it. */
function binary(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString("latin1").trim();
  if (!text.startsWith("-----BEGIN AGE ENCRYPTED FILE-----")) return file;
  try {
    return armor.decode(text);
  } catch {
    return file;
  }
}

/** The lines of a file that hold something: of recipients, or of identities. */
export const ageLines = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
