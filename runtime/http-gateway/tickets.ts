import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { Problem } from "./problems";
import { type Caller, callerOf, digest } from "./token";

/**
 * Tickets for `EventSource`, which cannot send a header: a caller's token, sealed for one path and a short time, in the
 * address. Every process of a gateway opens those of the others, since the next request may come to any; used up, a ticket
 * is in the process that took it.
 */

/** Path that gives tickets. No route has it. */
export const TICKETS_PATH = "/event-tickets";
export const TICKET_MS = 30_000;
/** Tickets that are remembered as used. All of them end within {@link TICKET_MS}. */
const MOST_USED = 50_000;
const [IV_BYTES, TAG_BYTES] = [12, 16];

export class Tickets {
  readonly #key: Uint8Array;
  /** When each used one ends, by its digest, in the order of their use. */
  readonly #used = new Map<string, number>();

  /**
   * @param secret that the processes of a gateway share
   * @param most tickets that are remembered as used
   */
  constructor(
    secret: string,
    private readonly now: () => number,
    private readonly most = MOST_USED,
  ) {
    this.#key = new Uint8Array(hkdfSync("sha256", secret, "", "natsform http-gateway event tickets", 32));
  }

  issue({ token }: Pick<Caller, "token">, path: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv).setAAD(Buffer.from(path));
    const sealed = [cipher.update(JSON.stringify([this.now() + TICKET_MS, token])), cipher.final()];
    return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]).toString("base64url");
  }

  /** Whose ticket it is; it is used up then. @throws Problem */
  take(ticket: string, path: string): Caller {
    const now = this.now();
    const [until, token] = this.#open(ticket, path);
    if (until <= now) throw new Problem("ticket-refused");
    const caller = callerOf(`Bearer ${token}`, now);
    this.#useUp(digest(Buffer.from(ticket, "base64url")), until, now);
    return caller;
  }

  #open(ticket: string, path: string): [number, string] {
    try {
      const bytes = Buffer.from(ticket, "base64url");
      const [iv, tag] = [bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES)];
      const decipher = createDecipheriv("aes-256-gcm", this.#key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(path)).setAuthTag(tag);
      const opened = [decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()];
      return JSON.parse(Buffer.concat(opened).toString("utf8"));
    } catch (error) {
      throw new Problem("ticket-refused", error);
    }
  }

  #useUp(id: string, until: number, now: number): void {
    if (this.#used.has(id)) throw new Problem("ticket-refused");
    for (const [used, ends] of this.#used) {
      if (ends > now) break;
      this.#used.delete(used);
    }
    // What cannot be remembered is not taken: forgetting one would let it be used again.
    if (this.#used.size >= this.most) throw new Problem("too-many-requests");
    this.#used.set(id, until);
  }
}
