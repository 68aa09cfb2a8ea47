import { createPrivateKey, X509Certificate } from "node:crypto";
import { rmSync } from "node:fs";
import { privateFile, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { createAuthority, type KeyPairPem } from "../../runtime/x509/authority";
import { splitPem, unionPem } from "../../runtime/x509/pem";
import type { AuthorityFiles } from "../core/twin-folder";

/**
 * An authority of a twin is replaced in steps, so that no server meets a certificate of one that it does not trust: the next
 * one is trusted beside the one that signs; then it signs; then the one of before is forgotten. A step is taken when every
 * server that runs has loaded the one before. Where an `up` is cut off, the files say how far it was:
 *
 * - `cert`: what is trusted, the one that signs first. `key`: of the first.
 * - `next`: the pair that signs next, from its making until it does.
 */

const authorityTtlMs = 3650 * 86_400_000;

/** The authority that certificates are to be of, and the pair that signs what has to be issued now. */
export interface Authority {
  cert: string;
  signer: KeyPairPem;
  /** It was made now, or is about to be replaced by one that was. */
  made: boolean;
}

/** The authority of these files, made when there is none. Begins its replacement when it cannot be used any longer. */
export async function ensureAuthority(files: AuthorityFiles, commonName: string, now: Date): Promise<Authority> {
  const trusted = readIfThere(files.cert) ?? "";
  const [first] = splitPem(trusted);
  const current = readPair(files);
  const isKnown = first !== undefined && isReadable(first);
  const found = readPair(files.next);
  if (isKnown && current && !found && isUsable(current, now)) return { cert: first, signer: current, made: false };
  const next = found && isUsable(found, now) ? found : await createAuthority(commonName, authorityTtlMs, now);
  const made = next !== found;
  if (!isKnown) {
    // Nobody trusts anything: nobody has to be waited for.
    writePair(files, next);
    forget(files.next);
    return { cert: next.cert, signer: next, made: true };
  }
  if (made) writePair(files.next, next);
  writeFileAtomically(files.cert, unionPem([trusted, next.cert]));
  // What the one of before cannot sign any more is signed by the next one: there is no other way.
  return { cert: first, signer: current && canSign(current, now) ? current : next, made };
}

/** True while an authority is being replaced, or is about to be. */
export function isReplaced(files: AuthorityFiles, now: Date): boolean {
  const current = readPair(files);
  return !current || !isUsable(current, now) || readPair(files.next) !== undefined;
}

/**
 * Takes the next step of an authority's replacement. Every server that runs must have loaded what is there.
 *
 * @returns the step; `undefined` when there is none
 */
export function advanceAuthority(files: AuthorityFiles): "signs" | "retired" | undefined {
  const trusted = readIfThere(files.cert) ?? "";
  const next = readPair(files.next);
  if (next) {
    if (!splitPem(trusted).includes(next.cert)) return undefined;
    writePair(files, { cert: unionPem([next.cert, trusted]), key: next.key });
    forget(files.next);
    return "signs";
  }
  const [first, ...before] = splitPem(trusted);
  if (first === undefined || before.length === 0) return undefined;
  writeFileAtomically(files.cert, first);
  return "retired";
}

/** A pair of files; of several certificates in one the first. */
export function readPair({ cert, key }: { cert: string; key: string }): KeyPairPem | undefined {
  const [[first] = [], text] = [splitPem(readIfThere(cert) ?? ""), readIfThere(key)];
  return first && text ? { cert: first, key: text } : undefined;
}

/** The key first: a server that reloads in between must not find a certificate whose key is not there yet. */
export function writePair(files: { cert: string; key: string }, pair: KeyPairPem): void {
  writeFileAtomically(files.key, pair.key, privateFile);
  writeFileAtomically(files.cert, pair.cert);
}

function forget({ cert, key }: { cert: string; key: string }): void {
  for (const path of [cert, key]) rmSync(path, { force: true });
}

/** Readable, of one piece, and with more than a third of its life left. */
export function isUsable(pair: KeyPairPem, now: Date): boolean {
  if (!canSign(pair, now)) return false;
  const { validFrom, validTo } = new X509Certificate(pair.cert);
  const [from, until] = [Date.parse(validFrom), Date.parse(validTo)];
  return until - now.getTime() > (until - from) / 3;
}

function canSign({ cert, key }: KeyPairPem, now: Date): boolean {
  try {
    const certificate = new X509Certificate(cert);
    return certificate.checkPrivateKey(createPrivateKey(key)) && Date.parse(certificate.validTo) > now.getTime();
  } catch {
    return false;
  }
}

function isReadable(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}
