import type { Socket } from "node:net";

/** A transport of either line of nats.js, as far as it is used. */
interface Dialling {
  socket?: Socket;
  /** What came before anybody reads. */
  yields: Uint8Array[];
  connect(server: unknown, options: { onClosedDial?: (reason: string) => void }): Promise<void>;
}

/**
 * Tells with which words a server closed a dial, as the option `onClosedDial`. Both lines of nats.js reject a dial for a
 * refused login alone: when an account or a server has as many connections as it may, they wait on until the dial's time is up.
 */
export function tellClosedDials(transport: { prototype: unknown }): void {
  const prototype = transport.prototype as Dialling;
  const { connect } = prototype;
  prototype.connect = async function (this: Dialling, server, options) {
    await connect.call(this, server, options);
    const { socket } = this;
    if (!socket || !options.onClosedDial) return;
    let said = Buffer.concat(this.yields).toString("latin1");
    const closed = () => {
      const [, reason] = /^-ERR '(.*)'\r$/m.exec(said) ?? [];
      if (reason !== undefined) options.onClosedDial?.(reason);
    };
    function read(frame: Uint8Array) {
      said += Buffer.from(frame).toString("latin1");
      // The login is through: what comes now is the connection's own.
      if (/^PONG\r\n/m.test(said)) socket?.off("data", read).off("close", closed);
    }
    socket.on("data", read).once("close", closed);
  };
}
