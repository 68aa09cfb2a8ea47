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

/** What a server runs, as the agent beside it says in its log: elsewhere nobody may ask a server's monitoring port. */
export interface Runs {
  /** `config_digest` of the server. */
  digest: string;
  /** When it loaded that, in ISO 8601. */
  loadedAt: string;
  /** Why it runs no newer configuration, where it has refused one. */
  refused?: string;
}

/** Message of the lines that have a `Runs` in `runs`. */
export const runsMessage = "the server runs";
/** After so long the agent says it again, so that a line of a running server is never older. */
export const runsRepeatMs = 3_600_000;
