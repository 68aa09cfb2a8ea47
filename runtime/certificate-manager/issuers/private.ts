import { createAuthority, issueCertificate } from "../../x509/authority";
import type { Issuer } from "../ports";
import { type Authority, bundle } from "../rollover";

const dayMs = 24 * 3_600_000;
/** An authority is replaced after two thirds of it. */
const authorityLifetimeMs = 5 * 365 * dayMs;
export const defaultTtlSeconds = (90 * dayMs) / 1000;

/** A new authority of our own. Its name is its own too: two that share a name are easily taken for each other. */
export async function newPrivateAuthority(issuer: string, now: Date): Promise<Authority> {
  const { cert, key } = await createAuthority(`natsform ${issuer} ${now.toISOString()}`, authorityLifetimeMs, now);
  return { certificate: cert, privateKey: key };
}

/** Certificates of the current authority of a set whose keys we hold. */
export const privateIssuer: Issuer = {
  async issue({ certificate, set, now }) {
    if (!set?.current.privateKey) throw new Error("its authority has no key");
    const { cert, key } = await issueCertificate(
      { cert: set.current.certificate, key: set.current.privateKey },
      {
        names: { dns: certificate.names },
        usages: certificate.usages,
        ttlMs: (certificate.ttlSeconds ?? defaultTtlSeconds) * 1000,
        now,
      },
    );
    return { certificate: cert, chain: "", privateKey: key, authorities: bundle(set) };
  },
};
