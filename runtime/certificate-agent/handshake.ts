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

/**
 * Shows a listener a certificate as a peer does, and waits until it talks: in TLS 1.3 it refuses one only after the
 * handshake. What it says to a request that it does not expect does not matter.
 *
 * @throws when it does not accept the certificate in time
 */
export async function acceptedAsPeer({ host = "127.0.0.1", timeoutMs = 10_000, ...props }: ServedProps): Promise<void> {
  await tlsHandshake({ ...props, host, timeoutMs }, { rejectUnauthorized: false }, (secured) => {
    const answered = new Promise<void>((resolve, reject) => {
      secured.once("data", () => resolve());
      secured.once("error", reject);
      secured.once("close", () => reject(new Error("the connection was closed after the handshake")));
    });
    secured.write("PING\r\n");
    return answered;
  });
}
