import { join } from "node:path";
import { privateFile, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { issueCertificate, type KeyPairPem } from "../../runtime/x509/authority";
import { splitPem } from "../../runtime/x509/pem";
import type { Twin } from "../twin/context";
import { type LeafCredentials, leafFiles } from "./credentials";

/**
 * Writes the files of a leaf, each readable by its owner alone.
 *
 * @returns names of the files that changed
 */
export function writeLeafFiles(folder: string, credentials: LeafCredentials, certificate?: KeyPairPem): string[] {
  const files: Record<string, string> = {
    [leafFiles.authorities]: credentials.authorities,
    ...Object.fromEntries(credentials.secrets.map(({ file, content }) => [file, content])),
    ...(certificate && { [leafFiles.key]: certificate.key, [leafFiles.cert]: certificate.cert }),
    // Last: it names the others.
    [leafFiles.configuration]: credentials.configuration,
  };
  return Object.entries(files).flatMap(([file, content]) =>
    writeFileAtomically(join(folder, file), content, privateFile) ? [file] : [],
  );
}

const lifetimeMs = 30 * 86_400_000;

/** A client certificate of the twin's own authority, for a foreign leaf that connects to the twin's hub. */
export async function twinLeafCertificate({ folder }: Twin, hub: string, names: string[]): Promise<KeyPairPem> {
  const files = folder.authority("leafnodes", hub);
  const [cert = ""] = splitPem(readIfThere(files.cert) ?? "");
  const authority = { cert, key: readIfThere(files.key) ?? "" };
  return issueCertificate(authority, { names: { dns: names }, usages: ["client"], ttlMs: lifetimeMs, now: new Date() });
}
