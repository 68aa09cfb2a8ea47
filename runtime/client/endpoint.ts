import { InvalidMessageError } from "./errors";
import { encodeIdentity } from "./identity";
import { checkPattern } from "./names";
import type { StandardSchema } from "./payload";
import type { Message } from "./transport/link";

/**
 * Schemas of what is asked and what is answered. What is sent is what they take (`Sent`, `Answered`), as JSON; what is
 * received is what they give (`Handled`, `Received`).
 */
export interface EndpointSchema<Sent = unknown, Handled = unknown, Answered = unknown, Received = unknown> {
  request?: StandardSchema<Sent, Handled>;
  response?: StandardSchema<Answered, Received>;
}

/**
 * A subject with everything that both sides must agree on. Written once and imported by both, it makes a wrong subject
 * or payload a compile error.
 */
export interface Endpoint<Sent = unknown, Handled = unknown, Answered = unknown, Received = unknown> {
  /** Such as `user.{id}.get`. */
  readonly subject: string;
  /** The subject to subscribe to, such as `user.*.get`; also the name in spans and metrics. */
  readonly pattern: string;
  readonly parameters: readonly string[];
  readonly schema: EndpointSchema<Sent, Handled, Answered, Received>;
  /** Handling a request twice does no harm: then a timeout may be retried. */
  readonly idempotent: boolean;
}

/**
 * Describes an endpoint.
 *
 * @param subject may hold parameters in braces, each a whole token
 * @throws InvalidMessageError for a subject that is none
 */
export function defineEndpoint<Sent = unknown, Handled = Message, Answered = unknown, Received = Message>(
  subject: string,
  options: EndpointSchema<Sent, Handled, Answered, Received> & { idempotent?: boolean } = {},
): Endpoint<Sent, Handled, Answered, Received> {
  const { idempotent = false, ...schema } = options;
  const parameters = subject.split(".").flatMap((token) => PARAMETER.exec(token)?.[1] ?? []);
  const pattern = subject
    .split(".")
    .map((token) => (PARAMETER.test(token) ? "*" : token))
    .join(".");
  checkPattern(pattern);
  if (/[{}]/.test(pattern)) throw new InvalidMessageError(`${subject}: a parameter is a whole token, such as {id}`);
  if (new Set(parameters).size < parameters.length)
    throw new InvalidMessageError(`${subject}: a parameter comes twice`);
  return { subject, pattern, parameters, schema, idempotent };
}

const PARAMETER = /^\{([A-Za-z][A-Za-z0-9]*)\}$/;

/**
 * The subject with its parameters filled in, each as one token whatever it holds.
 *
 * @throws InvalidMessageError for a missing or unknown parameter
 */
export function fillSubject(
  endpoint: Pick<Endpoint, "subject" | "parameters">,
  values?: Readonly<Record<string, string>>,
): string {
  const { subject, parameters } = endpoint;
  // Nothing to fill in and nothing given: most endpoints, so the way that costs nothing.
  if (values === undefined && parameters.length === 0) return subject;
  return filled(subject, parameters, values ?? {});
}

function filled(subject: string, parameters: readonly string[], values: Readonly<Record<string, string>>): string {
  const wrong = [
    ...parameters
      .filter((name) => values[name] === undefined || values[name] === "")
      .map((name) => `${name} is missing`),
    ...Object.keys(values)
      .filter((name) => !parameters.includes(name))
      .map((name) => `there is no ${name}`),
  ];
  if (wrong.length > 0) throw new InvalidMessageError(`${subject}: ${wrong.join(", ")}`);
  const fill = (token: string) => {
    const name = PARAMETER.exec(token)?.[1];
    return name === undefined ? token : encodeToken(values[name] ?? "");
  };
  return subject.split(".").map(fill).join(".");
}

function encodeToken(value: string): string {
  try {
    return encodeIdentity(value);
  } catch (error) {
    throw new InvalidMessageError(error instanceof Error ? error.message.replace("an identity", "a parameter") : "");
  }
}

/** The parameters of a subject that came in; undefined when a token is no encoding. */
export function readParameters(
  endpoint: Pick<Endpoint, "subject">,
  subject: string,
): Record<string, string> | undefined {
  const tokens = subject.split(".");
  const found: Record<string, string> = {};
  for (const [i, token] of endpoint.subject.split(".").entries()) {
    const name = PARAMETER.exec(token)?.[1];
    if (name === undefined) continue;
    const value = decodeToken(tokens[i] ?? "");
    if (value === undefined) return undefined;
    found[name] = value;
  }
  return found;
}

function decodeToken(token: string): string | undefined {
  if (!/^([A-Za-z0-9-]|_[0-9a-f]{2})+$/.test(token)) return undefined;
  const bytes = token
    .match(/_[0-9a-f]{2}|./g)
    ?.map((part) => (part.length === 3 ? Number.parseInt(part.slice(1), 16) : part.charCodeAt(0)));
  try {
    const value = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes ?? []));
    // One spelling for each value, so that no two subjects mean the same.
    return encodeIdentity(value) === token ? value : undefined;
  } catch {
    return undefined;
  }
}
