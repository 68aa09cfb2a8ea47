import type { PeerCertificate } from "node:tls";
import { type HandshakeProps, tlsHandshake } from "../../../runtime/common/tls-handshake";

export interface VerifiedProps extends Omit<HandshakeProps, "timeoutMs"> {
  /** Authorities that the chain must lead to; no other is trusted. */
  ca: string;
  timeoutMs?: number;
}

export interface Handshake {
  certificate: PeerCertificate;
  protocol: string;
}

/**
 * One TLS handshake, verified as a client would.
 *
 * @throws when the chain, the name or the protocol is wrong, or nothing answers in time
 */
export function handshake({ ca, timeoutMs = 5000, ...props }: VerifiedProps): Promise<Handshake> {
  return tlsHandshake({ ...props, timeoutMs }, { ca }, (secured) => ({
    certificate: secured.getPeerCertificate(),
    protocol: secured.getProtocol() ?? "unknown",
  }));
}
