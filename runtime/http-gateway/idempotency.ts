import { createHmac } from "node:crypto";
import { Problem } from "./problems";
import type { RouteOf } from "./spec";
import type { Caller } from "./token";

/** `Idempotency-Key`, after draft-ietf-httpapi-idempotency-key-header-07. */

const MAX_KEY_LENGTH = 255;
/** Values of the header that are taken, for the document of the interface. */
export const KEY_PATTERN = String.raw`^"(?:[ !#-\[\]-~]|\\["\\]){1,${MAX_KEY_LENGTH}}"$`;

/**
 * The key of a request: a quoted text of a structured field.
 *
 * @param values of the header, one for each line
 * @returns undefined where there is none and none is needed
 */
export function idempotencyKey(
  values: readonly string[],
  idempotency: RouteOf<"stream">["idempotency"] | "never",
): string | undefined {
  if (values.length === 0) {
    if (idempotency === "required") throw new Problem("idempotency-key-missing");
    return undefined;
  }
  if (idempotency === "none" || idempotency === "never") throw new Problem("idempotency-key-refused");
  const [, quoted] =
    /^ *"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)" *$/.exec(values.length === 1 ? (values[0] ?? "") : "") ?? [];
  const key = quoted?.replace(/\\(["\\])/g, "$1");
  if (key === undefined || key === "" || key.length > MAX_KEY_LENGTH) throw new Problem("bad-idempotency-key");
  return key;
}

/**
 * Id of the message that a key names. A stream has one space of ids for all who publish to it, so the id is one of
 * issuer, user, route and key together, and of a secret: nobody else can use it up.
 */
export function messageId(secret: string, caller: Pick<Caller, "issuer" | "sub">, route: string, key: string): string {
  const named = JSON.stringify([caller.issuer, caller.sub, route, key]);
  return `http-${createHmac("sha256", secret).update(named).digest("base64url")}`;
}

/** What is remembered of a key: the digest of its request, and the answer once there is one. */
interface Remembered<Answer> {
  request: string;
  until: number;
  answer?: Answer;
}

/** Requests with keys in this process, bounded in number and time. Streams remember for all processes. */
export class KeptAnswers<Answer> {
  readonly #kept = new Map<string, Remembered<Answer>>();

  constructor(
    private readonly size: number,
    private readonly now: () => number,
  ) {}

  /**
   * Begins a request.
   *
   * @returns the answer of the first one; undefined where this is the first, which `finish` or `forget` ends
   * @throws Problem for another request with the key, and while the first one is at work
   */
  begin(id: string, request: string, windowMs: number): Answer | undefined {
    const now = this.now();
    const found = this.#kept.get(id);
    if (found && (found.answer === undefined || found.until > now)) {
      if (found.request !== request) throw new Problem("key-reused");
      if (found.answer === undefined) throw new Problem("key-in-flight");
      return found.answer;
    }
    this.#kept.delete(id);
    this.#kept.set(id, { request, until: now + windowMs });
    this.#makeRoom();
    return undefined;
  }

  finish(id: string, answer: Answer): void {
    const found = this.#kept.get(id);
    if (found) found.answer = answer;
  }

  /** Without an answer the next request is the first one again; the stream still stores one message. */
  forget(id: string): void {
    this.#kept.delete(id);
  }

  get count(): number {
    return this.#kept.size;
  }

  /** The oldest answers go. What is at work stays: requests are bounded elsewhere. */
  #makeRoom(): void {
    for (const [id, { answer }] of this.#kept) {
      if (this.#kept.size <= this.size) return;
      if (answer !== undefined) this.#kept.delete(id);
    }
  }
}
