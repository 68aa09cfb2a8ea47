import type { Socket } from "node:net";
import { isFirstPatch } from "./patched-once";

/** A transport of either line of nats.js, as far as it is used. */
interface Dialling {
  connected: boolean;
  socket?: Socket;
  close(error?: Error): Promise<void>;
  startTLS(): Promise<unknown>;
}

/**
 * Ends dials as soon as they have failed, and lets `close` end their sockets. Both lines of nats.js forget the socket of a dial
 * that did not succeed: a server that accepts and says nothing keeps one for each attempt, and the process alive. And nobody
 * listens to the socket while they read the file of authorities: what the server closes then is never heard of, and the dial
 * waits until its time is over.
 */
export function closeUnfinished(transport: { prototype: unknown }): void {
  if (!isFirstPatch(transport, "unfinished sockets")) return;
  const prototype = transport.prototype as Dialling;
  const { close, startTLS } = prototype;
  prototype.close = function (this: Dialling, error?: Error) {
    if (!this.connected) this.socket?.destroy();
    return close.call(this, error);
  };
  prototype.startTLS = function (this: Dialling) {
    return whileOpen(this.socket, startTLS.call(this));
  };
}

/** Later than what TLS itself says of the end: that names the reason. */
const SAYS_WHY_MS = 100;

/** @throws when the server closes the socket before the work is done */
function whileOpen<T>(socket: Socket | undefined, work: Promise<T>): Promise<T> {
  if (!socket) return work;
  return new Promise((resolve, reject) => {
    const problem = new Error("the server closed the connection before TLS was agreed on");
    const closed = () => setTimeout(() => reject(problem), SAYS_WHY_MS).unref();
    socket.once("end", closed).once("close", closed);
    if (socket.readableEnded || socket.destroyed) closed();
    work.then(resolve, reject).finally(() => socket.off("end", closed).off("close", closed));
  });
}
