import { X509Certificate } from "node:crypto";
import { basename } from "node:path";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import { type Certificate, type IssuerId, peerAuthorities, type Topology } from "../../model/topology";
import { issueCertificate, type KeyPairPem } from "../../runtime/x509/authority";
import type { Renewed } from "../../templates/change";
import type { TwinFolder } from "../core/twin-folder";
import { advanceAuthority, ensureAuthority, isReplaced, isUsable, readPair, writePair } from "./authorities";
import { loopback } from "./ports";

const day = 86_400_000;
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
  const authorityOf = memoized(async (issuer: IssuerId, cluster: string) => {
    const files = folder.authority(issuer, cluster);
    const name = basename(files.cert, ".crt");
    const authority = await ensureAuthority(files, `natsform twin ${topology.environment} ${name} CA`, now);
    if (authority.made) made.push(`CA ${name}`);
    return authority;
  }, folder);
  for (const cluster of topology.clusters) {
    for (const certificate of cluster.certificates) {
      const files = folder.certificate(cluster.name, certificate.id);
      const { cert, signer } = await authorityOf(certificate.issuer, cluster.name);
      const names = twinNames(certificate);
      if (fault(readPair(files), cert, names, now) === undefined) continue;
      const { usages, ttlMs = publicTtlMs } = certificate;
      writePair(files, await issueCertificate(signer, { names, usages, ttlMs, now }));
      made.push(`${cluster.name}/${certificate.id}`);
    }
  }
  trustPeers(topology, folder);
  const bundle = (["internal", "public"] as const).map((issuer) => readIfThere(folder.authority(issuer).cert) ?? "");
  writeFileAtomically(folder.caBundle, bundle.join(""));
  return made;
}

/**
 * Takes the next step of every authority that is being replaced, and issues what follows from it. Every server that runs must
 * have loaded what is there.
 *
 * @returns the steps, for example `routes signs`; empty when there is none
 */
export async function advanceAuthorities(topology: Topology, folder: TwinFolder, now: Date): Promise<string[]> {
  const all = topology.clusters.flatMap(({ name, certificates }) =>
    certificates.map(({ issuer }) => folder.authority(issuer, name)),
  );
  const steps = [...new Map(all.map((files) => [files.cert, files])).values()].flatMap((files) => {
    const step = advanceAuthority(files);
    return step ? [`${basename(files.cert, ".crt")} ${step}`] : [];
  });
  if (steps.length > 0) await ensureCertificates(topology, folder, now);
  return steps;
}

/** Asks once for each authority: one that is about to be replaced signs for all clusters. */
function memoized<T>(ask: (issuer: IssuerId, cluster: string) => Promise<T>, folder: TwinFolder) {
  const known = new Map<string, Promise<T>>();
  return (issuer: IssuerId, cluster: string): Promise<T> => {
    const { cert } = folder.authority(issuer, cluster);
    const asked = known.get(cert) ?? ask(issuer, cluster);
    known.set(cert, asked);
    return asked;
  };
}

/** Certificates that `ensureCertificates` would issue. Writes nothing. */
export function dueCertificates(topology: Topology, folder: TwinFolder, now: Date): Renewed {
  return Object.fromEntries(
    topology.clusters.map(({ name, certificates }) => [
      name,
      Object.fromEntries(
        certificates.flatMap((certificate) => {
          const files = folder.authority(certificate.issuer, name);
          const authority = readPair(files);
          const pair = readPair(folder.certificate(name, certificate.id));
          const why =
            !authority || isReplaced(files, now)
              ? "its authority is replaced"
              : fault(pair, authority.cert, twinNames(certificate), now);
          return why === undefined ? [] : [[certificate.id, why]];
        }),
      ),
    ]),
  );
}

type Names = ReturnType<typeof twinNames>;

/** Why a certificate is issued again; `undefined` where it is not. */
function fault(pair: KeyPairPem | undefined, authority: string, names: Names, now: Date): string | undefined {
  if (pair === undefined) return "there is none";
  if (!isUsable(pair, now)) return "it cannot be used, or a third of its life is left";
  if (!isSignedBy(pair.cert, authority)) return "another authority signed it";
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
