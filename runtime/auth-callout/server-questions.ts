import { randomBytes } from "node:crypto";
import type { NatsConnection } from "../client";
import { SERVERS_ANSWER_PREFIX, SERVERS_REQUEST_SUBJECT } from "./contract";

/** What servers are asked over: the part of a connection that asking takes. */
export type Asking = Pick<NatsConnection, "publish">;

/**
 * Asks servers who they are, over the connection that there is.
 *
 * It knows neither who listens to the answers nor who makes connections: whoever asks and whoever connects can both be
 * made after it, and a question that comes before the first connection is lost and does no harm.
 */
export class ServerQuestions {
  /** Where the answers come. */
  readonly answerSubject = `${SERVERS_ANSWER_PREFIX}.${randomBytes(12).toString("hex")}`;
  #connection?: Asking;

  /** Asks over this connection from now on, and all servers at once. */
  connected(connection: Asking): void {
    this.#connection = connection;
    this.ask();
  }

  /** Asks all servers who they are, or the one of this name; none answers while there is no connection. */
  ask(name?: string): void {
    try {
      this.#connection?.publish(SERVERS_REQUEST_SUBJECT, question(name), { reply: this.answerSubject });
    } catch {
      // Closed, or about to be: with the next connection they are asked again.
    }
  }
}

/** Servers without a connection of the callout account answer too; of a name, the one that has it alone. */
const question = (name?: string) =>
  JSON.stringify({ include_unused: true, ...(name !== undefined && { server_name: name, exact_match: true }) });
