import { z } from "zod";
import type { NatsClient } from "../client";
import { serviceInboxPrefix } from "../client/spec";
import { signingKey } from "../nkeys/nkey";
import type { Taken } from "./tickets";

const Asked = z.tuple([z.string(), z.number()]);
const Answer = z.enum(["taken", "used", "full"]);
const ASK_MS = 2000;

/**
 * How the processes of a gateway ask each other about tickets: in the private inboxes of their service, where nobody else may
 * listen.
 */
export class TicketHome {
  readonly #prefix: string;

  /** @param seed of the gateway's own service */
  constructor(
    private readonly client: NatsClient,
    seed: string,
  ) {
    const key = signingKey("U", seed);
    if (!key) throw new Error("the seed is none of a user");
    this.#prefix = `${serviceInboxPrefix(key.publicKey)}.tickets`;
  }

  /** Answers the others. Resolves when the servers have heard of it. */
  async listen(home: string, take: (id: string, until: number) => Taken): Promise<void> {
    const connection = await this.client.connection();
    const subscription = connection.subscribe(`${this.#prefix}.${home}`, {
      callback: (error, message) => {
        const asked = error ? undefined : Asked.safeParse(jsonOf(message.string()));
        if (asked?.success) message.respond(take(...asked.data));
      },
    });
    await connection.flush().catch((error: unknown) => {
      subscription.unsubscribe();
      throw error;
    });
  }

  async ask(home: string, id: string, until: number): Promise<Taken> {
    const answer = await this.client.request(`${this.#prefix}.${home}`, JSON.stringify([id, until]), {
      timeoutMs: ASK_MS,
    });
    return Answer.parse(answer.string());
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
