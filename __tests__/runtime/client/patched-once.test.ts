import { EventEmitter } from "node:events";
import { tellClosedDials } from "../../../runtime/client/transport/closed-dials";
import { closeUnfinished } from "../../../runtime/client/transport/unfinished-sockets";

/** A transport as both lines of nats.js have it, with as many copies of our client as load it. */
function patched(copies: number) {
  const socket = Object.assign(new EventEmitter(), { closed: false, destroy: jest.fn(), readableEnded: false });
  class Transport {
    readonly socket = socket;
    readonly connected = false;
    readonly yields: Uint8Array[] = [];
    async connect(): Promise<void> {}
    async close(): Promise<void> {}
    async startTLS(): Promise<void> {}
  }
  for (let copy = 0; copy < copies; copy++) {
    closeUnfinished(Transport);
    tellClosedDials(Transport);
  }
  return {
    socket,
    transport: new Transport() as Transport & { connect(server: unknown, options: object): Promise<void> },
  };
}

test.each([1, 2, 20])(
  "with %i copies of the client a closed dial is told once, and its socket ended once",
  async (copies) => {
    const { socket, transport } = patched(copies);
    const onClosedDial = jest.fn();
    await transport.connect({}, { onClosedDial });
    socket.emit("data", Buffer.from("-ERR 'maximum connections exceeded'\r\n"));
    socket.emit("close");
    expect(onClosedDial.mock.calls).toEqual([["maximum connections exceeded"]]);
    await transport.close();
    expect(socket.destroy).toHaveBeenCalledTimes(1);
    const starting = transport.startTLS();
    expect(socket.listenerCount("end")).toBe(1);
    await starting;
  },
);
