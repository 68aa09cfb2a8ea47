import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/**
 * What the network does to connections. slow: every chunk comes up to 300 ms late, in order. reset: connections end with a
 * reset after at most 300 ms. deaf: they stay open, and nothing comes through in either direction, nor does an end.
 */
export type NetworkFault = "slow" | "reset" | "deaf";

export interface NetworkProxy {
  port: number;
  fault: NetworkFault | undefined;
  /** Connections that met each fault. */
  readonly met: Record<NetworkFault, number>;
  /** Connections that are open on the side of those who connect. */
  count(): number;
  /** Ends the connections that there are, deaf ones too: as what is in the way does at last. */
  cut(): void;
  stop(): void;
}

/** Stands between who connects and a port of this machine. Connections that went deaf stay deaf: nobody told them. */
export async function startNetworkProxy(upstreamPort: number): Promise<NetworkProxy> {
  const links = new Set<Link>();
  /** Those too whose near side has ended and whose far side does not know. */
  const all = new Set<Link>();
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const link = new Link(near, connect({ port: upstreamPort, host: "127.0.0.1", allowHalfOpen: true }), proxy);
    links.add(link);
    all.add(link);
    near.once("close", () => links.delete(link));
  });
  let fault: NetworkFault | undefined;
  const proxy: NetworkProxy = {
    port: 0,
    met: { slow: 0, reset: 0, deaf: 0 },
    get fault() {
      return fault;
    },
    set fault(next) {
      fault = next;
      for (const link of links) link.meet();
    },
    count: () => links.size,
    cut() {
      for (const link of all) link.cut();
    },
    stop() {
      server.close();
      proxy.cut();
    },
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  proxy.port = (server.address() as AddressInfo).port;
  return proxy;
}

class Link {
  #isDeaf = false;

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private readonly proxy: NetworkProxy,
  ) {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.setNoDelay(true);
      // In order, however late each is.
      let last = Promise.resolve();
      const then = (act: () => void) => {
        const late = this.proxy.fault === "slow" ? Math.random() * 300 : 0;
        last = last.then(async () => {
          if (late > 0) await new Promise((resolve) => setTimeout(resolve, late));
          if (!this.#isDeaf) act();
        });
      };
      from.on("data", (chunk) => then(() => to.write(chunk)));
      from.on("end", () => then(() => to.end()));
      from.on("error", () => then(() => to.resetAndDestroy()));
    }
    far.once("close", () => {
      if (!this.#isDeaf) near.destroy();
    });
    near.once("close", () => {
      if (!this.#isDeaf) far.destroy();
    });
    this.meet();
  }

  /** The fault of the proxy comes over it. */
  meet(): void {
    const { fault, met } = this.proxy;
    if (fault === undefined) return;
    met[fault]++;
    if (fault === "deaf") this.#isDeaf = true;
    if (fault === "reset")
      setTimeout(() => {
        this.near.resetAndDestroy();
        this.far.resetAndDestroy();
      }, Math.random() * 300);
  }

  cut(): void {
    this.near.destroy();
    this.far.destroy();
  }
}
