import { errorMessage } from "../common/error-message";
import type { Addresses } from "./addresses";
import type { Authenticators } from "./authentication";
import { reconnectDelay } from "./backoff";
import { NotConnectedError } from "./errors";
import type { Authenticator, Link, LinkEvent, Transport } from "./transport/link";

/** How a connection is made. */
export interface ConnectionSettings {
  transport: Transport;
  addresses: Addresses;
  login: Authenticators;
  tls: { caFile?: string; ca?: string; servername?: string };
  name?: string;
  /** Instead of the identity's own. */
  inboxPrefix?: string;
  /** For the first connect as a whole. */
  connectTimeoutMs: number;
  pingIntervalMs: number;
  /** The first dial after a disconnect waits for a random part of this. */
  reconnectSpreadMs: number;
}

/** What the connection that is made tells, and is told. */
interface Watching {
  /** Dials since the connection was lost. */
  dials(): number;
  onEvent(event: LinkEvent): void;
  /** Why there is no login. */
  onProblem(reason: string): void;
}

/** A first connect with one bound for everything, and with the reason of the last dial. @throws NotConnectedError */
export async function firstConnect(
  { transport, addresses, login, connectTimeoutMs, tls, ...rest }: ConnectionSettings,
  inboxPrefix: string | undefined,
  { dials, onEvent, onProblem }: Watching,
): Promise<Link> {
  let gaveUp = false;
  let problem: string | undefined;
  let giveUp: (error: Error) => void = () => {};
  const late = new Promise<never>((_, reject) => {
    giveUp = (error) => {
      gaveUp = true;
      reject(error);
    };
  });
  let closed = 0;
  let isOver = false;
  const guarded = login.authenticators.map((authenticator) =>
    neverThrowing(authenticator, (reason) => {
      problem = reason;
      onProblem(reason);
    }),
  );
  const connecting = transport.connect({
    servers: addresses.servers,
    authenticators: guarded,
    ...(addresses.encrypted && { tls }),
    name: rest.name,
    inboxPrefix,
    timeoutMs: Math.max(1000, Math.ceil(connectTimeoutMs / addresses.servers.length)),
    pingIntervalMs: rest.pingIntervalMs,
    firstDialDelayMs: () => Math.random() * rest.reconnectSpreadMs,
    dialDelayMs: () => {
      // The only place where both lines of nats.js can be told to stop dialling.
      if (gaveUp) throw new Error("given up");
      return reconnectDelay(dials(), addresses.servers.length, Math.random());
    },
    // nats.js waits on then, until the dial's time is up: no server is left that could take it.
    onClosedDial: (reason) => {
      // A dial of a later reconnect is never the last.
      if (isOver || ++closed < addresses.servers.length) return;
      const words = reason ?? "the server closed the connection before the login was answered";
      giveUp(new NotConnectedError(words, { refused: reason !== undefined }));
    },
    onEvent,
  });
  const timer = setTimeout(
    () => giveUp(new NotConnectedError(`no answer within ${connectTimeoutMs} ms`)),
    connectTimeoutMs,
  );
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    // One that comes after all is not kept: nobody knows of it.
    connecting.then((link) => link.close()).catch(() => undefined);
    if (problem !== undefined) throw new NotConnectedError(problem, { cause: error });
    throw error;
  } finally {
    isOver = true;
    clearTimeout(timer);
  }
}

/** An authenticator that throws closes a connection of nats.js for good; one that answers nothing is refused and asked again. */
const neverThrowing =
  (authenticator: Authenticator, onProblem: (reason: string) => void): Authenticator =>
  (nonce) => {
    try {
      return authenticator(nonce);
    } catch (error) {
      onProblem(errorMessage(error));
      return {};
    }
  };
