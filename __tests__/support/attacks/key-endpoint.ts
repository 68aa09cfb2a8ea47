import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";

/** A key endpoint of an issuer that answers as it is told. */
export interface KeyEndpoint {
  /** Of `localhost` over HTTPS with a certificate, of 127.0.0.1 in clear without one. */
  port: number;
  /** Requests so far. */
  fetches(): number;
  answer(listener: RequestListener): void;
  stop(): Promise<void>;
}

export async function startKeyEndpoint(
  listener: RequestListener,
  certificate?: { cert: string; key: string },
): Promise<KeyEndpoint> {
  let fetches = 0;
  let answer = listener;
  const counted: RequestListener = (request, response) => {
    fetches++;
    answer(request, response);
  };
  const server: Server = certificate ? createHttpsServer(certificate, counted) : createServer(counted);
  // On every loopback address: a certificate has the name of one of them only.
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    fetches: () => fetches,
    answer(next) {
      answer = next;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
