import type { Socket } from "node:net";
import { isFirstPatch } from "./patched-once";

/** A transport of either line of nats.js, as far as it is used. */
interface Dialling {
  socket?: Socket;
  /** What came before anybody reads. */
  yields: Uint8Array[];
  connect(server: unknown, options: { onClosedDial?: (reason?: string) => void }): Promise<void>;
}

/**
 * Tells that a server closed a dial, and with which words, as the option `onClosedDial`. Both lines of nats.js reject a dial for a
 * refused login alone: when an account or a server has as many connections as it may, they wait on until the dial's time is up.
 * The words may be lost: what a server said is thrown away where our login meets a connection that is closed already.
 */
export function tellClosedDials(transport: { prototype: unknown }): void {
  if (!isFirstPatch(transport, "closed dials")) return;
  const prototype = transport.prototype as Dialling;
  const { connect } = prototype;
  prototype.connect = async function (this: Dialling, server, options) {
    await connect.call(this, server, options);
    const { socket } = this;
    if (!socket || !options.onClosedDial) return;
    let said = Buffer.concat(this.yields).toString("latin1");
    const closed = () => {
      const [, reason] = /^-ERR '(.*)'\r$/m.exec(said) ?? [];
      options.onClosedDial?.(reason);
    };
    function read(frame: Uint8Array) {
      said += Buffer.from(frame).toString("latin1");
      // The login is through: what comes now is the connection's own.
      if (/^PONG\r\n/m.test(said)) socket?.off("data", read).off("close", closed);
    }
    if (socket.closed) closed();
    else socket.on("data", read).once("close", closed);
  };
}
