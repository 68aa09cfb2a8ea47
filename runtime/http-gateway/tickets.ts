import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { Problem } from "./problems";
import { type Caller, callerOf, digest } from "./token";

/**
 * Tickets for `EventSource`, which cannot send a header: a caller's token, sealed for one path and a short time, in the
 * address. Every process of a gateway opens those of the others, since the next request may come to any. Whether one was
 * used, the process that gave it knows, and is asked: where that one is gone, its tickets are gone with it.
 */

/** Path that gives tickets. No route has it. */
export const TICKETS_PATH = "/event-tickets";
export const TICKET_MS = 30_000;
/** Tickets that are remembered as used. All of them end within {@link TICKET_MS}. */
const MOST_USED = 50_000;
const [IV_BYTES, TAG_BYTES] = [12, 16];

/** What became of a ticket that was brought: it was taken now, or before, or the process remembers as many as it can. */
export type Taken = "taken" | "used" | "full";

export interface TicketsProps {
  /** That the processes of a gateway share. */
  secret: string;
  now(): number;
  /** Name of this process among them. */
  home: string;
  /** Asks another process to take one of its tickets. Rejects where it does not answer. */
  ask(home: string, id: string, until: number): Promise<Taken>;
  /** Tickets that are remembered as used. @default 50000 */
  most?: number;
}

export class Tickets {
  readonly #key: Uint8Array;
  /** When each used one ends, by its digest, in the order of their use. */
  readonly #used = new Map<string, number>();

  constructor(private readonly props: TicketsProps) {
    this.#key = new Uint8Array(hkdfSync("sha256", props.secret, "", "natsform http-gateway event tickets", 32));
  }

  issue({ token }: Pick<Caller, "token">, path: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv("aes-256-gcm", this.#key, iv).setAAD(Buffer.from(path));
    const sealed = [
      cipher.update(JSON.stringify([this.props.now() + TICKET_MS, token, this.props.home])),
      cipher.final(),
    ];
    return Buffer.concat([iv, cipher.getAuthTag(), ...sealed]).toString("base64url");
  }

  /** Whose ticket it is; it is used up then, in every process of the gateway. @throws Problem */
  async take(ticket: string, path: string): Promise<Caller> {
    const now = this.props.now();
    const [until, token, home] = this.#open(ticket, path);
    if (until <= now) throw new Problem("ticket-refused");
    const caller = callerOf(`Bearer ${token}`, now);
    const id = digest(Buffer.from(ticket, "base64url"));
    const taken = home === this.props.home ? this.useUp(id, until) : await this.#asked(home, id, until);
    if (taken === "full") throw new Problem("too-many-requests");
    if (taken !== "taken") throw new Problem("ticket-refused");
    return caller;
  }

  /** Who does not answer cannot say that it was not used. */
  async #asked(home: string, id: string, until: number): Promise<Taken> {
    try {
      return await this.props.ask(home, id, until);
    } catch (error) {
      throw new Problem("ticket-refused", error);
    }
  }

  #open(ticket: string, path: string): [until: number, token: string, home: string] {
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

  /** Takes a ticket that this process gave. */
  useUp(id: string, until: number): Taken {
    const now = this.props.now();
    if (this.#used.has(id)) return "used";
    for (const [used, ends] of this.#used) {
      if (ends > now) break;
      this.#used.delete(used);
    }
    // What cannot be remembered is not taken: forgetting one would let it be used again.
    if (this.#used.size >= (this.props.most ?? MOST_USED)) return "full";
    this.#used.set(id, until);
    return "taken";
  }
}
