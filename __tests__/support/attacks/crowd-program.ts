import { connect as connectTcp } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";

/** What the crowd is told. */
export interface CrowdOrder {
  port: number;
  ca: string;
  /** The CONNECT of everybody. */
  login: string;
  count: number;
  /** `wait`: all connect, log in together and stay. `flood`: all log in, leave and come again, until they are stopped. */
  kind: "wait" | "flood";
}

/** How far the crowd is. */
export interface CrowdReport {
  /** Handshakes that were made. */
  connected: number;
  /** Logins sent, and what became of them. */
  sent: number;
  admitted: number;
  refused: number;
}

/**
 * Many clients in a process of their own, so that whoever measures beside them has nothing to do with their work.
 *
 * Takes a {@link CrowdOrder}, then `login`, `report` and `stop`; answers each `report`.
 */
const report: CrowdReport = { connected: 0, sent: 0, admitted: 0, refused: 0 };
/** Handshakes at once. */
const WIDTH = 32;
const sockets: TLSSocket[] = [];
let isStopped = false;

function open({ port, ca }: CrowdOrder): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tcp = connectTcp({ host: "127.0.0.1", port });
    tcp.once("error", reject);
    tcp.once("data", () => {
      tcp.removeListener("error", reject);
      const tls = connectTls({ socket: tcp, ca, servername: "localhost" }, () => {
        report.connected++;
        resolve(tls);
      });
      // Also when the other side resets it later: `close` follows in any case.
      tls.on("error", reject);
      tls.on("close", () => reject(new Error("closed")));
    });
  });
}

/** Resolves when the server has answered, or closed instead. */
function logIn(socket: TLSSocket, login: string): Promise<void> {
  return new Promise((resolve) => {
    let said = "";
    let isAnswered = false;
    const answered = (verdict: "admitted" | "refused") => {
      if (!isAnswered) report[verdict]++;
      isAnswered = true;
      resolve();
    };
    socket.on("data", (data) => {
      said += data.toString("latin1");
      if (said.includes("PONG")) answered("admitted");
      else if (said.includes("-ERR")) answered("refused");
    });
    socket.on("close", () => answered("refused"));
    socket.write(`CONNECT ${login}\r\nPING\r\n`);
    report.sent++;
  });
}

async function waitTogether(order: CrowdOrder): Promise<void> {
  let next = 0;
  const openNext = async () => {
    while (next++ < order.count) {
      let socket: TLSSocket | undefined;
      // A busy server may give up a handshake.
      while (!socket) socket = await open(order).catch(() => undefined);
      sockets.push(socket);
    }
  };
  await Promise.all(Array.from({ length: WIDTH }, openNext));
}

async function flood(order: CrowdOrder): Promise<void> {
  while (!isStopped) {
    const socket = await open(order).catch(() => undefined);
    if (socket) await logIn(socket, order.login);
    socket?.destroy();
  }
}

process.once("message", (order: CrowdOrder) => {
  process.on("message", (word) => {
    if (word === "report") process.send?.(report);
    if (word === "login") for (const socket of sockets) void logIn(socket, order.login);
    if (word === "stop") isStopped = true;
  });
  if (order.kind === "wait") void waitTogether(order);
  else for (let i = 0; i < order.count; i++) void flood(order);
});
// Nobody is left to tell.
process.once("disconnect", () => process.exit());
