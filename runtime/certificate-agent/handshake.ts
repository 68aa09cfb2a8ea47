import { type HandshakeProps, tlsHandshake } from "../common/tls-handshake";

export interface ServedProps extends Omit<HandshakeProps, "host" | "timeoutMs"> {
  /** Default: this machine. */
  host?: string;
  timeoutMs?: number;
}

/**
 * Fingerprint of the certificate that a listener serves under a name. The chain is not judged: it was verified before
 * the certificate was written.
 *
 * @throws when none is served in time
 */
export function servedFingerprint({ host = "127.0.0.1", timeoutMs = 10_000, ...props }: ServedProps): Promise<string> {
  return tlsHandshake(
    { ...props, host, timeoutMs },
    { rejectUnauthorized: false },
    (secured) => secured.getPeerCertificate().fingerprint256,
  );
}
