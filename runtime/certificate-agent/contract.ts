import { createHash } from "node:crypto";

/** What a deployment says of a server's configuration, where those who may write to the bucket need not be able to. */
export interface Published {
  /** Of the settings that only a restart applies. */
  restartDigest: string;
  /** SHA-256 of the text, in hexadecimal. */
  textDigest: string;
}

export const textDigest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The value of the parameter that `CONFIG_DIGESTS` names. */
export const printPublished = ({ restartDigest, textDigest }: Published): string => `${restartDigest} ${textDigest}`;
