import { createPrivateKey, X509Certificate } from "node:crypto";
import { basename } from "node:path";
import { privateFile, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { type Certificate, type IssuerId, peerAuthorities, type Topology } from "../../model/topology";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../runtime/x509/authority";
import type { Renewed } from "../../templates/change";
import type { TwinFolder } from "../core/twin-folder";
import { loopback } from "./ports";

const day = 86_400_000;
const authorityTtlMs = 3650 * day;
/** As public authorities issue them: 90 days. */
const publicTtlMs = 90 * day;

/**
 * Authorities and certificates of a twin, each made when it is missing, names other names than the topology, or has a
 * third of its life left.
 *
 * @returns names of the new ones, for example `core/routes`
 */
export async function ensureCertificates(topology: Topology, folder: TwinFolder, now: Date): Promise<string[]> {
  const made: string[] = [];
  const authorityOf = async (issuer: IssuerId, cluster: string): Promise<KeyPairPem> => {
    const files = folder.authority(issuer, cluster);
    const found = readPair(files);
    if (found && isUsable(found, now)) return found;
    const name = basename(files.cert, ".crt");
    const pair = await createAuthority(`natsform twin ${topology.environment} ${name} CA`, authorityTtlMs, now);
    writePair(files, pair);
    made.push(`CA ${name}`);
    return pair;
  };
  for (const cluster of topology.clusters) {
    for (const certificate of cluster.certificates) {
      const files = folder.certificate(cluster.name, certificate.id);
      const authority = await authorityOf(certificate.issuer, cluster.name);
      const names = twinNames(certificate);
      if (fault(readPair(files), authority, names, now) === undefined) continue;
      writePair(
        files,
        await issueCertificate(authority, {
          names,
          usages: certificate.usages,
          ttlMs: certificate.ttlMs ?? publicTtlMs,
          now,
        }),
      );
      made.push(`${cluster.name}/${certificate.id}`);
    }
  }
  trustPeers(topology, folder);
  const bundle = (["internal", "public"] as const).map((issuer) => readIfThere(folder.authority(issuer).cert) ?? "");
  writeFileAtomically(folder.caBundle, bundle.join(""));
  return made;
}

/** Certificates that `ensureCertificates` would issue. Writes nothing. */
export function dueCertificates(topology: Topology, folder: TwinFolder, now: Date): Renewed {
  return Object.fromEntries(
    topology.clusters.map(({ name, certificates }) => [
      name,
      Object.fromEntries(
        certificates.flatMap((certificate) => {
          const authority = readPair(folder.authority(certificate.issuer, name));
          const pair = readPair(folder.certificate(name, certificate.id));
          const isKnown = authority && isUsable(authority, now);
          const why = isKnown ? fault(pair, authority, twinNames(certificate), now) : "its authority is replaced";
          return why === undefined ? [] : [[certificate.id, why]];
        }),
      ),
    ]),
  );
}

type Names = ReturnType<typeof twinNames>;

/** Why a certificate is issued again; `undefined` where it is not. */
function fault(pair: KeyPairPem | undefined, authority: KeyPairPem, names: Names, now: Date): string | undefined {
  if (pair === undefined) return "there is none";
  if (!isUsable(pair, now)) return "it cannot be used, or a third of its life is left";
  if (!isSignedBy(pair.cert, authority.cert)) return "another authority signed it";
  return hasNames(pair.cert, names) ? undefined : "it has other names";
}

/** Each cluster's leaf nodes trust their own authority and those of linked clusters, as in deployments. */
function trustPeers(topology: Topology, folder: TwinFolder): void {
  const own = Object.fromEntries(
    topology.clusters.map(({ name }) => [name, readIfThere(folder.authority("leafnodes", name).cert) ?? ""]),
  );
  for (const cluster of topology.clusters.filter(({ name }) => own[name])) {
    const trusted = `${own[cluster.name]}${peerAuthorities(topology, cluster, own)}`;
    writeFileAtomically(folder.trusted("leafnodes", cluster.name), trusted);
  }
}

/**
 * The certificate's own names, and the twin's loopback address. For routes the address is a DNS name as
 * well: servers compare the names of a peer's certificate, not its addresses, with the hosts that their routes dial.
 */
function twinNames(certificate: Certificate): { dns: string[]; addresses: string[] } {
  const extra = certificate.issuer === "routes" ? [loopback] : ["localhost"];
  return { dns: [...certificate.names, ...extra], addresses: [loopback] };
}

function readPair({ cert, key }: { cert: string; key: string }): KeyPairPem | undefined {
  const [certText, keyText] = [readIfThere(cert), readIfThere(key)];
  return certText && keyText ? { cert: certText, key: keyText } : undefined;
}

/** The key first: a server that reloads in between must not find a certificate whose key is not there yet. */
function writePair(files: { cert: string; key: string }, pair: KeyPairPem): void {
  writeFileAtomically(files.key, pair.key, privateFile);
  writeFileAtomically(files.cert, pair.cert);
}

/** Readable, of one piece, and with more than a third of its life left. */
function isUsable(pair: KeyPairPem, now: Date): boolean {
  try {
    const cert = new X509Certificate(pair.cert);
    const [from, until] = [Date.parse(cert.validFrom), Date.parse(cert.validTo)];
    return cert.checkPrivateKey(createPrivateKey(pair.key)) && until - now.getTime() > (until - from) / 3;
  } catch {
    return false;
  }
}

const isSignedBy = (pem: string, authority: string) =>
  new X509Certificate(pem).checkIssued(new X509Certificate(authority)) &&
  new X509Certificate(pem).verify(new X509Certificate(authority).publicKey);

function hasNames(pem: string, names: { dns: string[]; addresses: string[] }): boolean {
  const found = (new X509Certificate(pem).subjectAltName ?? "").split(", ").sort();
  const desired = [
    ...names.dns.map((name) => `DNS:${name}`),
    ...names.addresses.map((ip) => `IP Address:${ip}`),
  ].sort();
  return found.join() === desired.join();
}
