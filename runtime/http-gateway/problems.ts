/**
 * Everything that may go wrong, closed: each is answered as `application/problem+json` (RFC 9457) with these words and
 * no others. What a responder says of its failure never reaches a caller.
 */
export const PROBLEMS = {
  "bad-path": { status: 400, title: "A segment of the path cannot be read, or may not be a parameter" },
  "bad-query": { status: 400, title: "The route takes no query" },
  "bad-header": { status: 400, title: "A header that is handed on has characters that a message cannot carry" },
  "bad-idempotency-key": { status: 400, title: 'Idempotency-Key must be one quoted text, such as "8e03978e-40d5"' },
  "idempotency-key-missing": { status: 400, title: "The route requires an Idempotency-Key" },
  "idempotency-key-refused": { status: 400, title: "The route keeps no answers, so it takes no Idempotency-Key" },
  "bad-ticket-request": { status: 400, title: 'The body must name the path of an event stream: {"path":"/orders"}' },
  "bad-event-id": { status: 400, title: "Last-Event-ID is no id that this route gave" },
  "token-missing": { status: 401, title: "A bearer token is required" },
  "token-refused": { status: 401, title: "The token is not valid here, or no longer" },
  "ticket-refused": { status: 401, title: "The ticket was used, is over, or is of another path" },
  denied: { status: 403, title: "The token may not use this subject" },
  "unknown-path": { status: 404, title: "There is no such path" },
  "method-refused": { status: 405, title: "The path does not take this method" },
  "body-slow": { status: 408, title: "The body did not arrive in time" },
  "key-in-flight": { status: 409, title: "A request with this Idempotency-Key is at work: ask again later" },
  "body-too-large": { status: 413, title: "The body is too large" },
  "media-type-refused": { status: 415, title: "The route does not take this media type" },
  "key-reused": { status: 422, title: "This Idempotency-Key was used with another body" },
  "too-many-requests": { status: 429, title: "Too many requests: ask again later" },
  "service-bad-request": { status: 400, title: "The service cannot read the request" },
  "service-denied": { status: 403, title: "The service does not allow this" },
  "service-not-found": { status: 404, title: "The service does not have this" },
  "service-conflict": { status: 409, title: "The service finds this in conflict with its state" },
  "service-unprocessable": { status: 422, title: "The service cannot process this content" },
  "service-busy": { status: 429, title: "The service has too much to do: ask again later" },
  internal: { status: 500, title: "The gateway failed" },
  "service-failed": { status: 502, title: "The service failed, or its answer cannot be used" },
  "connection-lost": { status: 502, title: "The connection was lost: the request may have been carried out" },
  "no-responders": { status: 503, title: "No service is there to answer" },
  "cluster-away": { status: 503, title: "The servers cannot be reached: nothing was sent" },
  "not-stored": { status: 503, title: "The stream cannot store now; the message may be stored later" },
  draining: { status: 503, title: "The gateway is about to stop: ask again" },
  timeout: { status: 504, title: "The service did not answer in time" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** Those after which the same request may succeed a little later. Their answers say when. */
const RETRIED: readonly ProblemCode[] = [
  ...(["key-in-flight", "too-many-requests", "service-busy"] as const),
  ...(["no-responders", "cluster-away", "not-stored", "draining"] as const),
];

/** Prefix of the problems' types. */
export const PROBLEM_TYPES = "urn:natsform:http-gateway:";

/** An outcome of a request that is not what was asked for. Its message is for the log. */
export class Problem extends Error {
  override readonly name = "Problem";
  constructor(
    readonly code: ProblemCode,
    cause?: unknown,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(PROBLEMS[code].title, { cause });
  }
}

/** Status, headers and body of a problem's answer. */
export function problemAnswer({ code, headers }: Problem, random: () => number) {
  const { status, title } = PROBLEMS[code];
  return {
    status,
    headers: {
      "content-type": "application/problem+json",
      ...(RETRIED.includes(code) && { "retry-after": String(1 + Math.floor(random() * 3)) }),
      ...(status === 401 && {
        "www-authenticate": code === "token-missing" ? "Bearer" : 'Bearer error="invalid_token"',
      }),
      ...headers,
    },
    body: JSON.stringify({ type: `${PROBLEM_TYPES}${code}`, title, status }),
  };
}

const OF_SERVICES: Readonly<Record<string, ProblemCode>> = {
  "400": "service-bad-request",
  "403": "service-denied",
  "404": "service-not-found",
  "409": "service-conflict",
  "422": "service-unprocessable",
  "429": "service-busy",
};

/** The problem that a responder means by its error code; whatever is not in the table is a failure of its own. */
export const serviceProblem = (code: string): ProblemCode =>
  Object.hasOwn(OF_SERVICES, code) ? (OF_SERVICES[code] as ProblemCode) : "service-failed";
