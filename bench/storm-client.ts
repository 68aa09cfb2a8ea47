import { connect as connectTcp } from "node:net";
import { connect as connectTls } from "node:tls";

export interface Admission {
  /**
   * Milliseconds from CONNECT, sent after the TLS handshake, to the server's PONG: what the server's timeout bounds.
   */
  ms: number;
  /** Logins that it took. */
  attempts: number;
}

/** A minimal NATS client: logs in over TLS, waits for PONG, and retries after a refusal as real clients do. */
export async function login(port: number, ca: string, token: string, maxAttempts: number): Promise<Admission> {
  for (let attempts = 1; ; attempts++) {
    try {
      return { ms: await attempt(port, ca, token), attempts };
    } catch (error) {
      if (attempts === maxAttempts) throw error;
    }
  }
}

function attempt(port: number, ca: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const tcp = connectTcp({ host: "127.0.0.1", port });
    tcp.once("error", reject);
    tcp.once("data", () => {
      const tls = connectTls({ socket: tcp, ca, servername: "localhost" }, () => {
        const sent = performance.now();
        const login = {
          verbose: false,
          pedantic: false,
          tls_required: true,
          auth_token: token,
          lang: "bench",
          version: "1",
          protocol: 1,
        };
        tls.write(`CONNECT ${JSON.stringify(login)}\r\nPING\r\n`);
        let received = "";
        tls.on("data", (data) => {
          received += data.toString("latin1");
          if (received.includes("PONG")) {
            resolve(performance.now() - sent);
            tls.destroy();
          } else if (received.includes("-ERR")) {
            reject(new Error(received.slice(received.indexOf("-ERR"), 80)));
            tls.destroy();
          }
        });
      });
      tls.once("error", reject);
      tls.once("close", () => reject(new Error("closed before an answer")));
    });
  });
}
