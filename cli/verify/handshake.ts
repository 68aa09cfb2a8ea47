import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type PeerCertificate, type TLSSocket } from "node:tls";

export interface HandshakeProps {
  host: string;
  port: number;
  /** Name asked for by SNI, and verified in the certificate. */
  servername: string;
  /** Authorities that the chain must lead to; no other is trusted. */
  ca: string;
  /** Own certificate, where the listener asks for one. */
  client?: { cert: string; key: string };
  /** NATS says `INFO` in clear before TLS on client and leaf node ports; routes and WebSockets begin with TLS. */
  plainInfo: boolean;
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
export async function handshake(props: HandshakeProps): Promise<Handshake> {
  const { host, port, servername, ca, client, plainInfo, timeoutMs = 5000 } = props;
  const socket = connectTcp({ host, port });
  const timer = setTimeout(
    () => socket.destroy(new Error(`no handshake on port ${port} within ${timeoutMs} ms`)),
    timeoutMs,
  );
  try {
    await event(socket, "connect");
    if (plainInfo) await readInfo(socket);
    const secured = await secure({ socket, servername, ca, ...client, minVersion: "TLSv1.2" });
    return { certificate: secured.getPeerCertificate(), protocol: secured.getProtocol() ?? "unknown" };
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function event(socket: Socket, name: "connect"): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(name, () => resolve());
    socket.once("error", reject);
  });
}

function readInfo(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (data: Buffer) => {
      text += data.toString("latin1");
      if (!text.includes("\r\n")) return;
      socket.off("data", onData);
      if (text.startsWith("INFO ")) resolve();
      else reject(new Error(`expected INFO, got ${text.slice(0, 40)}`));
    };
    socket.on("data", onData);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the connection was closed before INFO")));
  });
}

function secure(options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls(options, () => resolve(secured));
    secured.once("error", reject);
  });
}
