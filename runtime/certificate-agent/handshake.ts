import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

export interface HandshakeProps {
  /** Default: this machine. */
  host?: string;
  port: number;
  /** Name asked for by SNI. */
  servername: string;
  /** Whether the server says `INFO` in clear before TLS, as on client and leaf node ports. */
  plainInfo: boolean;
  /** Whether it wants to be told a client's address first; see `proxy_protocol`. */
  proxied: boolean;
  /** Own certificate, where the listener asks for one. */
  client?: { cert: string; key: string };
  timeoutMs?: number;
}

/**
 * Fingerprint of the certificate that a listener serves under a name. The chain is not judged: it was
 * before the certificate was written.
 *
 * @throws when nothing serves one in time
 */
export async function servedFingerprint(props: HandshakeProps): Promise<string> {
  const { host = "127.0.0.1", port, servername, client, timeoutMs = 10_000 } = props;
  const socket = connectTcp({ host, port });
  const timer = setTimeout(() => socket.destroy(new Error(`no handshake within ${timeoutMs} ms`)), timeoutMs);
  try {
    await connected(socket);
    if (props.proxied) socket.write("PROXY UNKNOWN\r\n");
    if (props.plainInfo) await readInfo(socket);
    const secured = await new Promise<TLSSocket>((resolve, reject) => {
      const options = { socket, servername, ...client, rejectUnauthorized: false, minVersion: "TLSv1.2" as const };
      const tls = connectTls(options, () => resolve(tls)).once("error", reject);
    });
    return secured.getPeerCertificate().fingerprint256;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("error", reject);
  });
}

function readInfo(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const read = (data: Buffer) => {
      text += data.toString("latin1");
      if (!text.includes("\r\n")) return;
      socket.off("data", read);
      if (text.startsWith("INFO ")) resolve();
      else reject(new Error("it does not begin with INFO"));
    };
    socket.on("data", read);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("it closed the connection before INFO")));
  });
}
