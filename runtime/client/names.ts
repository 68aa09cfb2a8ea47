import { InvalidMessageError } from "./errors";

/*
 * nats.js 2 writes line breaks of a subject to the wire, which makes a second command of them; version 3 refuses spaces
 * and line breaks in subjects, but not in queue names, and neither refuses empty tokens, NUL or wildcards in a publish.
 * The server does not check them either. So every name is checked here, for both.
 */

/** Control characters, and everything that Unicode takes for a space, the non-breaking one included. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not pass
const UNSAFE = /[\u0000-\u0020\u007f-\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\ufeff]/;
const UNSAFE_TEXT = "a space, a line break or a control character";
/** nats-server reads a line of at most 4096 bytes; room for the reply, the queue group and the numbers beside it. */
const MAX_BYTES = 1024;

/** Subjects found right lately: most programs use few, and looking one up is cheaper than reading it. */
const known = new Set<string>();
const KNOWN = 1000;

/**
 * Checks a subject to publish or request on: tokens that are not empty, without wildcards.
 *
 * @throws InvalidMessageError
 */
export function checkSubject(subject: string, what = "subject"): void {
  if (known.has(subject)) return;
  checkTokens(subject, what);
  for (const token of subject.split("."))
    if (token === "*" || token === ">")
      fail(what, subject, `holds the wildcard ${token}, which only subscribers may use`);
  if (known.size >= KNOWN) known.clear();
  known.add(subject);
}

/**
 * Checks a subject to subscribe to: `*` for one token, `>` at the end alone.
 *
 * @throws InvalidMessageError
 */
export function checkPattern(pattern: string, what = "subject"): void {
  checkTokens(pattern, what);
  const tokens = pattern.split(".");
  if (tokens.slice(0, -1).includes(">")) fail(what, pattern, "has a > before its end");
}

/**
 * Checks a queue group.
 *
 * @throws InvalidMessageError
 */
export function checkQueue(queue: string): void {
  checkTokens(queue, "queue group");
  if (/[*>]/.test(queue)) fail("queue group", queue, "holds a wildcard");
}

/**
 * Checks an inbox prefix: subjects below it are subscribed to.
 *
 * @throws InvalidMessageError
 */
export const checkInboxPrefix = (prefix: string): void => checkSubject(prefix, "inbox prefix");

/**
 * Checks the name of a stream, consumer, bucket or service: one token.
 *
 * @throws InvalidMessageError
 */
export function checkName(name: string, what: string): void {
  if (!/^[A-Za-z0-9_-]{1,255}$/.test(name)) fail(what, name, "must be letters, digits, - and _");
}

/**
 * Checks headers: names are tokens of HTTP, values have no line break.
 *
 * @throws InvalidMessageError
 */
export function checkHeader(name: string, value: string): void {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) fail("header", name, "is no header name");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not pass
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
    fail(`header ${name}`, value, "holds a line break or a control character");
}

function checkTokens(text: string, what: string): void {
  if (typeof text !== "string" || text === "") fail(what, String(text), "is empty");
  if (text.length > MAX_BYTES) fail(what, text, `is longer than ${MAX_BYTES} characters`);
  if (UNSAFE.test(text)) fail(what, text, `holds ${UNSAFE_TEXT}`);
  if (/\p{Surrogate}/u.test(text)) fail(what, text, "is not well-formed Unicode");
  if (text.startsWith(".") || text.endsWith(".") || text.includes("..")) fail(what, text, "has an empty token");
}

function fail(what: string, value: string, why: string): never {
  throw new InvalidMessageError(`the ${what} ${JSON.stringify(value.slice(0, 100))} ${why}`);
}
