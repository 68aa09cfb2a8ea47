import { createPrivateKey, X509Certificate } from "node:crypto";
import { readPem, unionPem } from "../x509/pem";
import type { RenewedCertificate } from "./env";

/** Content of a Secret; an absent key is `undefined`. */
export interface StoredPair {
  cert?: string;
  key?: string;
}

const usageIds = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" };

/**
 * Reason why a certificate has to be reissued; `undefined` when it has not.
 *
 * @param authority certificate of the authority that would sign it now
 */
export function renewalReason(
  { cert, key }: StoredPair,
  desired: Pick<RenewedCertificate, "names" | "usages">,
  authority: string,
  now: Date,
): string | undefined {
  if (!cert || !key) return "there is none yet";
  try {
    const leaf = new X509Certificate(cert);
    if (!leaf.checkPrivateKey(createPrivateKey(key))) return "its key belongs to another certificate";
    const [from, until] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
    if (until - now.getTime() <= (until - from) / 3) return "a third of its life is left";
    const listed = (leaf.subjectAltName ?? "").split(", ").sort().join();
    if (
      listed !==
      desired.names
        .map((name) => `DNS:${name}`)
        .sort()
        .join()
    )
      return "it carries other names";
    if (desired.usages.some((usage) => !leaf.keyUsage?.includes(usageIds[usage]))) return "it may be used otherwise";
    if (!isSignedBy(cert, authority)) return "another authority signed it";
    return undefined;
  } catch {
    return "it cannot be read";
  }
}

/**
 * Authorities that are trusted from now on: the current ones, and previous ones until they end, so that certificates of
 * either are accepted while servers change over.
 */
export function trustedAuthorities(before: string | undefined, current: readonly string[], now: Date): string {
  const alive = readPem(before ?? "").filter(({ validTo }) => Date.parse(validTo) > now.getTime());
  return unionPem([...current, ...alive.map((certificate) => certificate.toString())]);
}

/**
 * Keys of the Secret of authorities for one issuer. Those of other clusters are trusted only as long as the
 * configuration lists them. Therefore the cluster's own authorities get a separate key once there are others.
 */
export function authorityFiles(
  before: Readonly<Record<string, string>>,
  issuer: string,
  current: readonly string[],
  peers: string,
  now: Date,
): Record<string, string> {
  const [all, own] = [`${issuer}.crt`, `own-${issuer}.crt`];
  const trusted = trustedAuthorities(before[own] ?? before[all], current, now);
  if (peers === "" && before[own] === undefined) return { [all]: trusted };
  return { [all]: unionPem([trusted, peers]), [own]: trusted };
}

/** Since when an authority is in the Secret of authorities: `FINGERPRINT ISO-TIME`, in a key of its own. */
export const sinceKey = (issuer: string): string => `${issuer}.since`;

/**
 * Content of that key: unchanged while the authority is the same, and from now on for another. An authority from before
 * this was noted counts from now on as well.
 */
export function knownSince(before: string | undefined, authority: string, now: Date): string {
  const { fingerprint256 } = new X509Certificate(authority);
  return before?.startsWith(`${fingerprint256} `) ? before : `${fingerprint256} ${now.toISOString()}`;
}

/**
 * Pods see a changed Secret a minute or two later. Programs that verify servers read it at every connect, and nobody can
 * ask them.
 */
const spreadsMs = 10 * 60_000;

/**
 * Whether an authority may sign what replaces a certificate. Another one than before has been in the Secret long enough for
 * every pod, and every server that verifies peers has to accept it first: `prove`.
 *
 * A pair that no server can load is replaced without that proof: servers refuse to reload as long as it is there.
 *
 * @param pair what is in place; an empty certificate when there is none: then nobody serves anything yet
 * @param trusted authorities that are trusted for this purpose, without those of other clusters
 * @param current of these, those that sign now, with their root
 * @param since as {@link knownSince} makes it
 */
export function maySign(
  { cert = "", key = "" }: StoredPair,
  authority: string,
  { trusted, current }: { trusted: string; current: readonly string[] },
  since: string,
  now: Date,
): "sign" | "prove" | "wait" {
  if (cert === "" || isSignedBy(cert, authority)) return "sign";
  const isLoadable = canLoad(cert, key);
  const known = new Set(current.flatMap((pem) => readPem(pem)).map(({ fingerprint256 }) => fingerprint256));
  // Where no other authority is trusted, this one replaces none.
  if (!isLoadable && readPem(trusted).every(({ fingerprint256 }) => known.has(fingerprint256))) return "sign";
  const spread = now.getTime() - Date.parse(since.split(" ")[1] ?? "");
  const isSpread = spread >= spreadsMs;
  if (!isSpread) return "wait";
  return isLoadable ? "prove" : "sign";
}

/** True for a certificate with its own key. */
function canLoad(cert: string, key: string): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** False for what cannot be read. */
function isSignedBy(cert: string, authority: string): boolean {
  try {
    const [leaf, signer] = [new X509Certificate(cert), new X509Certificate(authority)];
    return leaf.checkIssued(signer) && leaf.verify(signer.publicKey);
  } catch {
    return false;
  }
}
