import { pairDigest, type Runs } from "../common/server-report";
import type { CertificateSecret } from "./contract";
import type { Servers } from "./ports";

/** A certificate of an issuer as it is stored. */
export interface StoredCertificate {
  id: string;
  secret: CertificateSecret;
}

/**
 * Servers that have not loaded what is stored, each with what is known of it. An authority that all of them have loaded is
 * trusted by all; one that none of them serves a certificate of is missed by none.
 *
 * @param reports by server, the newest that the agent beside it has written within the last hour
 */
export function behind(reports: ReadonlyMap<string, Runs | undefined>, stored: readonly StoredCertificate[]): string[] {
  const wanted = stored.map(({ id, secret }) => ({ id, digest: pairDigest(secret) }));
  return [...reports].flatMap(([server, runs]) => {
    if (!runs) return [`${server} (its agent says nothing)`];
    const late = wanted.filter(({ id, digest }) => runs.loaded?.[id] !== digest).map(({ id }) => id);
    return late.length > 0 ? [`${server} (${late.join(", ")})`] : [];
  });
}

/** @throws with the servers that have not loaded what is stored, or the reason why that is not known */
export async function proveLoaded(servers: Servers, stored: readonly StoredCertificate[]): Promise<void> {
  const late = behind(await servers.reports(), stored);
  if (late.length > 0) throw new Error(`servers have not loaded what is stored: ${late.join(", ")}`);
}
