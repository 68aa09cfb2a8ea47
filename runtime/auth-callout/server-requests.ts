import { randomBytes } from "node:crypto";
import type { NatsConnection } from "../client";
import { SERVERS_ANSWER_PREFIX, SERVERS_REQUEST_SUBJECT } from "./contract";

/** Connection that requests to servers are sent over: only the part that is used. */
export type RequestConnection = Pick<NatsConnection, "publish">;

/**
 * Requests the identities of servers, over the current connection.
 *
 * It knows neither the receiver of the answers nor the maker of connections: both can be created after it, and a
 * request before the first connection is lost and does no harm.
 */
export class ServerRequests {
  /** Subject on which the answers arrive. */
  readonly answerSubject = `${SERVERS_ANSWER_PREFIX}.${randomBytes(12).toString("hex")}`;
  #connection?: RequestConnection;

  /** Uses this connection from now on, and asks all servers at once. */
  connected(connection: RequestConnection): void {
    this.#connection = connection;
    this.send();
  }

  /** Requests the identity of all servers, or of the one with this name; none answers while there is no connection. */
  send(name?: string): void {
    try {
      this.#connection?.publish(SERVERS_REQUEST_SUBJECT, requestBody(name), { reply: this.answerSubject });
    } catch {
      // Closed, or about to be: servers are asked again over the next connection.
    }
  }
}

/**
 * Body of a request. Servers without a connection of the callout account answer too; to a name, only its server
 * answers.
 */
const requestBody = (name?: string) =>
  JSON.stringify({ include_unused: true, ...(name !== undefined && { server_name: name, exact_match: true }) });
