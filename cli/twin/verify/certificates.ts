import { readFileSync } from "node:fs";
import type { Certificate, Listener } from "../../../model/topology";
import type { VerifyRow } from "../../core/rows";
import { checkRow } from "../../core/rows";
import { allServers, type Twin } from "../context";
import { loopback } from "../ports";
import { handshake } from "./handshake";

const day = 86_400_000;

/**
 * One row for each server, listener and name of a certificate: a handshake, since monitoring shows one certificate
 * only.
 */
export async function verifyCertificates(twin: Twin): Promise<VerifyRow[]> {
  const rows: Promise<VerifyRow>[] = [];
  for (const { cluster, server } of allServers(twin.topology)) {
    for (const listener of cluster.listeners) {
      for (const id of listener.certificates) {
        const certificate = cluster.certificates.find((candidate) => candidate.id === id);
        if (certificate) rows.push(verifyOne(twin, cluster.name, server.name, listener, certificate));
      }
    }
  }
  return Promise.all(rows);
}

function verifyOne(
  twin: Twin,
  cluster: string,
  server: string,
  listener: Listener,
  certificate: Certificate,
): Promise<VerifyRow> {
  const what = `${server} ${listener.name}: ${certificate.id} certificate`;
  return checkRow("certificates", what, async () => {
    const { folder, ports } = twin;
    const files = folder.certificate(cluster, certificate.id);
    const read = (path: string) => readFileSync(path, "utf8");
    const seen = await Promise.all(
      certificate.names.map((servername) =>
        handshake({
          host: loopback,
          port: ports.servers[server]?.[listener.name] ?? 0,
          servername,
          ca: read(folder.authority(certificate.issuer, cluster).cert),
          client: listener.verify === "none" ? undefined : { cert: read(files.cert), key: read(files.key) },
          plainInfo: listener.name === "client" || listener.name === "leafnodes",
        }),
      ),
    );
    const left = Math.min(...seen.map((one) => Date.parse(one.certificate.valid_to) - Date.now()));
    const days = Math.floor(left / day);
    const authority = seen[0]?.certificate.issuer.CN ?? "?";
    const text = `${certificate.names.join(", ")}; ${authority}; ${days} days left; ${seen[0]?.protocol}`;
    return { ok: left > 0, seen: text };
  });
}
