import { randomBytes } from "node:crypto";
import { connect as connectTcp } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";

/** Bytes sent without a client library, and all that came back. */
export interface RawConnection {
  send(bytes: string | Uint8Array): void;
  received(): string;
  /** Resolves when what came matches, or with what came when the other side closed instead. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves when the other side has closed or refused. */
  closed: Promise<void>;
  end(): void;
}

const PATIENCE_MS = 60_000;

/** TLS at once, as websockets and routes begin. */
export const rawTls = (port: number, options: ConnectionOptions): Promise<RawConnection> =>
  open(connectTls({ host: "127.0.0.1", port, ...options }), "secureConnect");

/** As NATS clients and leaf nodes begin: INFO in clear, then TLS. */
export async function rawNats(port: number, options: ConnectionOptions): Promise<RawConnection & { info: string }> {
  const socket = connectTcp(port, "127.0.0.1");
  const info = await new Promise<string>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("data", (data: Buffer) => resolve(data.toString()));
  });
  socket.removeAllListeners("error");
  return { ...(await open(connectTls({ socket, host: "127.0.0.1", ...options }), "secureConnect")), info };
}

async function open(socket: ReturnType<typeof connectTls>, ready: string): Promise<RawConnection> {
  let text = "";
  let isClosed = false;
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of [...listeners]) listener();
  };
  socket.on("data", (data: Buffer) => {
    text += data.toString("latin1");
    notify();
  });
  const closed = new Promise<void>((resolve) =>
    socket.on("close", () => {
      isClosed = true;
      resolve();
      notify();
    }),
  );
  // A refused certificate shows as an error, here and when something is sent; closed follows in any case.
  socket.on("error", () => undefined);
  await Promise.race([new Promise((resolve) => socket.once(ready, resolve)), closed]);
  return {
    send: (bytes) => void (isClosed || socket.write(bytes)),
    received: () => text,
    closed,
    end: () => void socket.destroy(),
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(() => reject(new Error(`no ${pattern} in ${text}`))), PATIENCE_MS);
        const settle = (finish: () => void) => {
          clearTimeout(timer);
          listeners.delete(check);
          finish();
        };
        const check = () => {
          if (isClosed || pattern.test(text)) settle(() => resolve(text));
        };
        listeners.add(check);
        check();
      }),
  };
}

/** The request of a websocket. */
export const upgrade = (path: string, headers: Record<string, string> = {}): string =>
  [
    `GET ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    "",
  ].join("\r\n");

/** A masked binary frame; `length` may lie, `compressed` sets the bit of permessage-deflate. */
export function frame(payload: Uint8Array, { length = BigInt(payload.length), compressed = false } = {}): Buffer {
  const header = Buffer.alloc(14);
  header[0] = 0x82 | (compressed ? 0x40 : 0);
  header[1] = 0x80 | 127;
  header.writeBigUInt64BE(BigInt.asUintN(64, length), 2);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([header, payload]);
}

/** The first packet of MQTT 3.1.1. */
export function mqttConnect(user: string, password: string): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.of(value.length >> 8, value.length & 255), Buffer.from(value)]);
  const body = Buffer.concat([text("MQTT"), Buffer.of(4, 0xc2, 0, 30), text("attacker"), text(user), text(password)]);
  return Buffer.concat([Buffer.of(0x10, body.length), body]);
}
