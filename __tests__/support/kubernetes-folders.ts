import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { CertificateId, ClusterTopology, Topology } from "../../model/topology";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../runtime/x509/authority";
import { platformSite, type Site } from "../../templates/nats-conf";

const day = 86_400_000;

/** The folders of a server's pod below a temporary one, with certificates that carry the names of the topology. */
export class PodFolders {
  readonly root = mkdtempSync(join(tmpdir(), "natsform-pod-"));
  readonly site: Site;
  readonly #authorities = new Map<string, KeyPairPem>();

  private constructor(
    topology: Topology,
    readonly cluster: ClusterTopology,
  ) {
    this.site = platformSite(topology, cluster);
  }

  static async make(topology: Topology, cluster: ClusterTopology, now = new Date()): Promise<PodFolders> {
    const pod = new PodFolders(topology, cluster);
    for (const folder of ["data/resolver", "var/run/nats", "etc/nats-config"]) {
      mkdirSync(join(pod.root, folder), { recursive: true });
    }
    for (const issuer of new Set(cluster.certificates.map((certificate) => certificate.issuer))) {
      const authority = await createAuthority(`test ${issuer}`, 30 * day, now);
      pod.#authorities.set(issuer, authority);
      pod.write(pod.site.paths.ca(issuer), authority.cert);
    }
    for (const { id } of cluster.certificates.filter((certificate) => certificate.id !== "public")) {
      const pair = await pod.issue(id, now);
      const files = pod.site.paths.certificate(id);
      pod.write(files.cert, pair.cert);
      pod.write(files.key, pair.key);
    }
    return pod;
  }

  /** A certificate with a key of its own, as the topology wants it; by default signed by its own authority. */
  issue(id: CertificateId, now = new Date(), by?: KeyPairPem): Promise<KeyPairPem> {
    const certificate = this.cluster.certificates.find((candidate) => candidate.id === id);
    const authority = by ?? (certificate && this.#authorities.get(certificate.issuer));
    if (!certificate || !authority) throw new Error(`the cluster has no certificate ${id}`);
    // Servers compare the names of a peer with the hosts that their routes dial: here the loopback address.
    const dns = [...certificate.names, "127.0.0.1", "localhost"];
    const names = { dns, addresses: ["127.0.0.1"] };
    return issueCertificate(authority, { names, usages: certificate.usages, ttlMs: day, now });
  }

  /** Certificate of the authority of a certificate. */
  authorityOf(id: CertificateId): string {
    const issuer = this.cluster.certificates.find((certificate) => certificate.id === id)?.issuer ?? "";
    return this.#authorities.get(issuer)?.cert ?? "";
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text, { mode: 0o600 });
  }

  /** The text with every path of the pod below the temporary folder. */
  placed(text: string): string {
    return text.replace(/(["'\s])(\/(?:etc\/nats|var\/run\/nats|data)\b)/g, `$1${this.root}$2`);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
