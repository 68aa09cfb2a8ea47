import { createHash } from "node:crypto";
import { readPem } from "../x509/pem";

/** What a server runs, as the agent beside it says in its log: elsewhere nobody may ask a server's monitoring port. */
export interface Runs {
  /** `config_digest` of the server. */
  digest: string;
  /** When it loaded that, in ISO 8601. */
  loadedAt: string;
  /** Why it runs no newer configuration, where it has refused one. */
  refused?: string;
  /** By id of a certificate, the `pairDigest` of what the server has loaded and serves; absent until that was seen. */
  loaded?: Readonly<Record<string, string>>;
  /** By account, streams of which data lies in the server's store: of each account the first by name. */
  holds?: Readonly<Record<string, readonly string[]>>;
}

/** Streams of an account that a `Runs` names: one line of a log has its limits. */
export const mostHeld = 20;

/**
 * Of a certificate and the authorities that peers of it are verified with: the same for the same ones in any order, without
 * the key.
 *
 * @param certificate PEM; what follows the first one is not counted
 * @throws when either cannot be read
 */
export function pairDigest({ certificate, authorities }: { certificate: string; authorities: string }): string {
  const fingerprints = (pem: string) => readPem(pem).map(({ fingerprint256 }) => fingerprint256);
  const content = [fingerprints(certificate)[0] ?? "", ...fingerprints(authorities).sort()];
  return createHash("sha256").update(content.join(" ")).digest("hex").slice(0, 24);
}

/** Message of the lines that have a `Runs` in `runs`. */
export const runsMessage = "the server runs";
/** After so long the agent says it again, so that a line of a running server is never older. */
export const runsRepeatMs = 3_600_000;
