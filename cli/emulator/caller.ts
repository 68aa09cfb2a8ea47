import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { errorAnswer } from "./error-answer";
import type { Answer } from "./proxy";
import { describeRequest } from "./request";

/** Who is let in. */
export interface Door {
  /** The port that the endpoint listens on. */
  port: number;
  /** Known to the emulator, its folder and the clients that it starts; see `EmulatorAddress`. */
  key: string;
}

/**
 * The answer to a caller that is not meant; `undefined` for one that is. It is asked before anything of a request is
 * read: whoever reaches the port could otherwise deploy a function, which runs as the user of the emulator.
 *
 * Two things are asked for. The key, as access key id of AWS's signature or as bearer token: every process of the
 * machine reaches the port, whoever runs it. And a Host header of our own: a web page whose DNS name comes to point to
 * this machine has the page's name there.
 */
export function refuseCaller(message: IncomingMessage, { port, key }: Door): Answer | undefined {
  const { service } = describeRequest(message, undefined);
  const refused = (code: string, why: string) => errorAnswer(service, { status: 403, code, message: why });
  if (!["127.0.0.1", "localhost"].some((name) => message.headers.host === `${name}:${port}`))
    return refused("AccessDeniedException", "the emulated AWS answers under its own address alone");
  if (!equal(presentedKey(message.headers.authorization ?? ""), key))
    return refused(
      "UnrecognizedClientException",
      "the emulated AWS has a key of its own: see emulator.json in its folder",
    );
  return undefined;
}

function presentedKey(authorization: string): string {
  const [, signed, token] = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/|^Bearer (.+)$/.exec(authorization) ?? [];
  return signed ?? token ?? "";
}

/** In a time that tells nothing about where they differ. */
const equal = (a: string, b: string) => timingSafeEqual(digest(a), digest(b));
const digest = (text: string) => createHash("sha256").update(text).digest();
