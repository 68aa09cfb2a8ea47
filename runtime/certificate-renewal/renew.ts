import { X509Certificate } from "node:crypto";
import type { Logger } from "pino";
import { authorityFiles, isKnownAuthority, renewalReason } from "./decide";
import type { RenewedCertificate } from "./env";
import type { Secrets } from "./kubernetes";
import type { Vault } from "./vault";

export interface RenewProps {
  certificates: readonly RenewedCertificate[];
  authoritiesSecret: string;
  /** Authorities of other clusters that are trusted as well, by issuer. */
  peers?: Readonly<Record<string, string>>;
  /** Purpose whose certificates programs verify, which know roots alone. */
  rootMount?: string;
  vault: Vault;
  secrets: Secrets;
  now: Date;
  log: Pick<Logger, "info" | "warn">;
}

export interface Renewed {
  /** True when a Secret was written: servers have to load it. */
  changed: boolean;
  /** Fingerprint and pair of every certificate after the run, by id. */
  current: Map<string, { fingerprint: string; cert: string; key: string }>;
}

/**
 * Writes the desired content into the Secrets. An authority is trusted for one run before anything that it signed is
 * served, so that no peer meets a signature that it does not know yet; on the first run there is no peer.
 */
export async function renew(props: RenewProps): Promise<Renewed> {
  const { certificates, authoritiesSecret, vault, secrets, now, log } = props;
  const trusted = await secrets.read(authoritiesSecret);
  const desired: Record<string, string> = {};
  const signers = new Map<string, string>();
  for (const { issuer, mount } of certificates) {
    const signer = signers.get(issuer) ?? (await vault.authority(mount));
    if (!signer) throw new Error(`Vault has no authority at ${mount}`);
    signers.set(issuer, signer);
    const root = props.rootMount ? await vault.authority(props.rootMount) : undefined;
    // Servers take an intermediate for an anchor; programs want the root, and routes and leaf nodes must not have it.
    const current = issuer === "internal" && root ? [signer, root] : [signer];
    Object.assign(desired, authorityFiles(trusted, issuer, current, props.peers?.[issuer] ?? "", now));
  }
  let changed = Object.entries(desired).some(([name, pem]) => trusted[name] !== pem);
  if (changed) {
    await secrets.write(authoritiesSecret, desired);
    log.info({ secret: authoritiesSecret }, "authorities written");
  }
  const current: Renewed["current"] = new Map();
  for (const certificate of certificates) {
    const { id, issuer, secret } = certificate;
    const signer = signers.get(issuer) ?? "";
    const stored = await secrets.read(secret);
    let pair = { cert: stored["tls.crt"] ?? "", key: stored["tls.key"] ?? "" };
    const reason = renewalReason(pair, certificate, signer, now);
    if (reason && pair.cert !== "" && !isKnownAuthority(trusted[`${issuer}.crt`], signer)) {
      log.warn({ id, reason }, "waits for the next run: its authority is trusted only from now on");
    } else if (reason) {
      pair = await vault.issue(certificate);
      await secrets.write(secret, { "tls.crt": pair.cert, "tls.key": pair.key });
      changed = true;
      log.info({ id, reason, secret }, "certificate renewed");
    }
    current.set(id, { ...pair, fingerprint: new X509Certificate(pair.cert).fingerprint256 });
  }
  return { changed, current };
}
