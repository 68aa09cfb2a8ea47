import type { Socket } from "node:net";

/** A transport of either line of nats.js, as far as it is used. */
interface Closing {
  connected: boolean;
  socket?: Socket;
  close(error?: Error): Promise<void>;
}

/**
 * Lets `close` end the socket of a dial that did not succeed. Both lines of nats.js forget it: a server that accepts and
 * says nothing keeps one socket for each attempt, and the process alive.
 */
export function closeUnfinished(transport: { prototype: unknown }): void {
  const prototype = transport.prototype as Closing;
  const { close } = prototype;
  prototype.close = function (this: Closing, error?: Error) {
    if (!this.connected) this.socket?.destroy();
    return close.call(this, error);
  };
}
