import { X509Certificate } from "node:crypto";
import type { Logger } from "pino";
import { authorityFiles, knownSince, maySign, renewalReason, sinceKey } from "./decide";
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
  /**
   * Has servers reload until they accept a certificate as a peer's. Without it, as on the first run, no authority replaces
   * another.
   *
   * @returns listeners that still refuse it, with the reason
   */
  refusing?: (certificate: RenewedCertificate, pair: { cert: string; key: string }) => Promise<string[]>;
  now: Date;
  log: Pick<Logger, "info" | "warn">;
}

export interface Renewed {
  /** True when a Secret was written: servers have to load it. */
  changed: boolean;
  /** Fingerprint and pair of every certificate after the run, by id. */
  current: Map<string, { fingerprint: string; cert: string; key: string }>;
  /** Certificates that were not renewed, since servers refuse what would replace them. */
  refused: string[];
}

/**
 * Writes the desired content into the Secrets. Another authority is first trusted and then signs, so that no peer meets a
 * signature that it does not know yet: what it signed is stored once it was in the Secret for a while and every server has
 * accepted it. Wherever a run is cut off, the next one sees the same; on the first run there is no peer.
 */
export async function renew(props: RenewProps): Promise<Renewed> {
  const { certificates, authoritiesSecret, vault, secrets, now, log } = props;
  const trusted = await secrets.read(authoritiesSecret);
  const desired: Record<string, string> = {};
  const signers = new Map<string, string>();
  const currents = new Map<string, string[]>();
  for (const { issuer, mount } of certificates) {
    const signer = signers.get(issuer) ?? (await vault.authority(mount));
    if (!signer) throw new Error(`Vault has no authority at ${mount}`);
    signers.set(issuer, signer);
    const root = props.rootMount ? await vault.authority(props.rootMount) : undefined;
    // Servers take an intermediate for an anchor; programs want the root, and routes and leaf nodes must not have it.
    const current = issuer === "internal" && root ? [signer, root] : [signer];
    currents.set(issuer, current);
    Object.assign(desired, authorityFiles(trusted, issuer, current, props.peers?.[issuer] ?? "", now));
    desired[sinceKey(issuer)] = knownSince(trusted[sinceKey(issuer)], signer, now);
  }
  let changed = Object.entries(desired).some(([name, pem]) => trusted[name] !== pem);
  if (changed) {
    await secrets.write(authoritiesSecret, desired);
    log.info({ secret: authoritiesSecret }, "authorities written");
  }
  const current: Renewed["current"] = new Map();
  const refused: string[] = [];
  for (const certificate of certificates) {
    const { id, issuer, secret } = certificate;
    const signer = signers.get(issuer) ?? "";
    const stored = await secrets.read(secret);
    let pair = { cert: stored["tls.crt"] ?? "", key: stored["tls.key"] ?? "" };
    const reason = renewalReason(pair, certificate, signer, now);
    const authorities = {
      trusted: desired[`own-${issuer}.crt`] ?? desired[`${issuer}.crt`] ?? "",
      current: currents.get(issuer) ?? [],
    };
    const step = maySign(pair, signer, authorities, desired[sinceKey(issuer)] ?? "", now);
    const next = reason && (await successor(props, certificate, step, desired[sinceKey(issuer)] ?? ""));
    if (next && "problem" in next) {
      log.warn({ id, reason }, next.problem);
      if (next.refused) refused.push(`${id}: ${next.problem}`);
    } else if (next) {
      pair = next;
      await secrets.write(secret, { "tls.crt": pair.cert, "tls.key": pair.key });
      changed = true;
      log.info({ id, reason, secret }, "certificate renewed");
    }
    current.set(id, { ...pair, fingerprint: new X509Certificate(pair.cert).fingerprint256 });
  }
  return { changed, current, refused };
}

type Successor = { cert: string; key: string } | { problem: string; refused: boolean };

/** What replaces a certificate, or why nothing may yet. */
async function successor(
  { vault, refusing }: RenewProps,
  certificate: RenewedCertificate,
  step: ReturnType<typeof maySign>,
  since: string,
): Promise<Successor> {
  if (step === "sign") return vault.issue(certificate);
  if (step === "wait" || !refusing)
    return { problem: `waits for a later run: its authority is trusted since ${since.split(" ")[1]}`, refused: false };
  const pair = await vault.issue(certificate);
  const listeners = await refusing(certificate, pair);
  if (listeners.length === 0) return pair;
  return { problem: `servers do not accept its authority yet: ${listeners.join(", ")}`, refused: true };
}
