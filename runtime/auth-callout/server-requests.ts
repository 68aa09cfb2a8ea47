import { randomBytes } from "node:crypto";
import type { NatsConnection } from "../client";
import { SERVERS_ANSWER_PREFIX, SERVERS_REQUEST_SUBJECT } from "./contract";

/** Connection that requests to servers are sent over: only the part that is used. */
export type RequestConnection = Pick<NatsConnection, "publish" | "closed">;

/**
 * Requests the identities of servers, over every connection that there is.
 *
 * It knows neither the receiver of the answers nor the maker of connections: both can be created after it, and a
 * request before the first connection is lost and does no harm.
 */
export class ServerRequests {
  /** Subject on which the answers arrive. */
  readonly answerSubject = `${SERVERS_ANSWER_PREFIX}.${randomBytes(12).toString("hex")}`;
  readonly #connections = new Set<RequestConnection>();

  /** Uses this connection too from now on, and asks all servers over it at once. */
  connected(connection: RequestConnection): void {
    this.#connections.add(connection);
    void connection.closed().finally(() => this.#connections.delete(connection));
    this.#publish(connection);
  }

  /** Requests the identity of all servers, or of the one with this name; none answers while there is no connection. */
  send(name?: string): void {
    for (const connection of this.#connections) this.#publish(connection, name);
  }

  #publish(connection: RequestConnection, name?: string): void {
    try {
      connection.publish(SERVERS_REQUEST_SUBJECT, requestBody(name), { reply: this.answerSubject });
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
