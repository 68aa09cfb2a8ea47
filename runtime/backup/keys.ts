import { createHash } from "node:crypto";

/** A key that backups are encrypted with. */
export interface BackupKey {
  /** 16 hexadecimal digits that distinguish keys and reveal nothing. */
  readonly id: string;
  /** 32 bytes. */
  readonly secret: Buffer;
}

/**
 * The keys of a text: 32 bytes in base64 each, separated by white space. The first encrypts, all decrypt, so that a
 * new key is put in front of the old ones.
 *
 * @throws Error that shows no part of the text
 */
export function parseKeys(text: string): BackupKey[] {
  return text
    .split(/\s+/)
    .filter((word) => word !== "")
    .map((word, i) => {
      const secret = Buffer.from(word, "base64");
      if (!/^[A-Za-z0-9+/_-]{43}=?$/.test(word) || secret.length !== 32)
        throw new Error(`key ${i + 1} is not 32 bytes in base64: make one with openssl rand -base64 32`);
      const id = createHash("sha256").update("natsform backup key id").update(secret).digest("hex").slice(0, 16);
      return { id, secret };
    });
}
