import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";

export interface HandshakeProps {
  host: string;
  port: number;
  /** Name asked for by SNI. */
  servername: string;
  /**
   * True where NATS sends `INFO` in clear before TLS: client and leaf node ports; routes and WebSockets begin with TLS.
   */
  plainInfo: boolean;
  /** True when the server expects a client's address first; see `proxy_protocol`. */
  proxied?: boolean;
  /** Own certificate, where the listener asks for one. */
  client?: { cert: string; key: string };
  timeoutMs: number;
}

/**
 * One TLS handshake with a listener of nats-server.
 *
 * @param trust options for the verification of the chain
 * @param read reads the result before the connection is closed
 * @throws when the handshake fails, or is not done in time
 */
export async function tlsHandshake<Result>(
  props: HandshakeProps,
  trust: Pick<ConnectionOptions, "ca" | "rejectUnauthorized">,
  read: (secured: TLSSocket) => Result | Promise<Result>,
): Promise<Result> {
  const { host, port, servername, client, timeoutMs } = props;
  const socket = connectTcp({ host, port });
  const late = () => socket.destroy(new Error(`no handshake on port ${port} within ${timeoutMs} ms`));
  const timer = setTimeout(late, timeoutMs);
  try {
    await connected(socket);
    if (props.proxied) socket.write("PROXY UNKNOWN\r\n");
    if (props.plainInfo) await readInfo(socket);
    return await read(await secure({ socket, servername, ...client, ...trust, minVersion: "TLSv1.2" }));
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
