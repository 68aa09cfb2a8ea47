import { plantedIn } from "../planted";

/** What services install: names on the wire, answers to the right one, what is sent again, what callers get to read. */
export const client = [
  ...plantedIn("runtime/client/names.ts", [
    ["a subject ends the line of the protocol", "if (UNSAFE.test(text))", 'if (text === "\\n")'],
    ["a subject has empty tokens", 'if (text.startsWith(".") ||', 'if (text === "." ||'],
    ["half a character reaches the wire", "if (/\\p{Surrogate}/u.test(text))", 'if (text === "\\ud800")'],
    ["a line is longer than a server reads", "if (text.length > MAX_BYTES)", "if (text.length > 1e9)"],
    ["a message is published to a wildcard", 'if (token === "*" || token === ">")', 'if (token === "**")'],
    ["a queue group has a wildcard", "if (/[*>]/.test(queue))", 'if (queue === "")'],
    ["a header begins another one", ".test(value))", '.test(""))'],
    ["a stream's name leads to another request", "if (!/^[A-Za-z0-9_-]{1,255}$/.test(name))", 'if (name === "")'],
  ]),
  ...plantedIn("runtime/client/endpoint.ts", [
    ["a parameter reaches another subject", "return encodeIdentity(value);", "return value;"],
    ["two subjects mean the same", "return encodeIdentity(value) === token ? value : undefined;", "return value;"],
    ["a parameter that is missing leaves an empty token", "if (wrong.length > 0)", "if (wrong.length > 9)"],
  ]),
  ...plantedIn("runtime/client/payload.ts", [
    ["an error quotes what was received", '"it is not JSON in UTF-8"', "Buffer.from(data).toString()"],
    ["what is no UTF-8 is read as if it were", "if (isUtf8(data))", "if (isUtf8(data) || true)"],
  ]),
  ...plantedIn("runtime/client/transport/asked.ts", [
    ["a responder can guess the replies of others", "    randomFillSync(pool);\n", ""],
    ["who waits is not told that the connection went", "keys()]) {", "keys()].slice(0, 0)) {"],
    ["nobody listening is an answer", "message.headers?.code === 503", "message.headers?.code === 999"],
    ["a refused request waits until its time is up", "if (waiting.subject === subject)", 'if (subject === "")'],
    ["a refused inbox is used for ever", "        this.#inbox = undefined;\n", ""],
  ]),
  ...plantedIn("runtime/client/transport/nats-link.ts", [
    ["nats.js connects in clear where a server offers no TLS", "tls: tls ?? null,", ""],
    ["the second refusal of a connection's life is its end", "ignoreAuthErrorAbort: true,", ""],
    ["a connection gives up", "maxReconnectAttempts: -1,", ""],
  ]),
  ...plantedIn("runtime/client/transport/dial-pace.ts", [
    [
      "clients of a dead server reach the next one together",
      "this.#firstDialAt = this.now() + this.options.firstDialDelayMs();",
      "",
    ],
  ]),
  ...plantedIn("runtime/client/retry-table.ts", [
    ["what may have been handled is sent again", '(retry === "idempotent" && idempotent)', 'retry === "idempotent"'],
    ["what was refused is sent again", 'denied: { retry: "never"', 'denied: { retry: "always"'],
    ["an answer that is an error is asked for again", 'service: { retry: "never"', 'service: { retry: "always"'],
    [
      "a service that answers nobody is asked on",
      'be handled later", breaks: true',
      'be handled later", breaks: false',
    ],
  ]),
  ...plantedIn("runtime/client/resilience.ts", [
    ["breakers grow without an end", "if (this.#breakers.size >= MAX_BREAKERS)", "if (this.#breakers.size < 0)"],
    ["each retry counts for the breaker", "wrap(breaker, again)", "wrap(again, breaker)"],
  ]),
  ...plantedIn("runtime/client/drain.ts", [
    ["handlers are cut off when a program stops", "within(left(), inFlight.idle())", "within(0, inFlight.idle())"],
    ["a program that stops waits for a handler for ever", "Promise.race([ended, late])", "ended"],
    ["answers are dropped when a program stops", "link.flush()", "Promise.resolve()"],
    ["a drained client stays connected", "await within(LAST_FLUSH_MS, connection.close());", ""],
    [
      "a program that stops takes more requests",
      "Promise.all([subscriptions.drain(), stopConsumers()])",
      "stopConsumers()",
    ],
    ["a handler does not hear that nobody waits for it", "  stopping.abort();\n", ""],
    ["a program that stops waits for a server that is away", "if (connection.ready)\n", "if (connection)\n"],
  ]),
  ...plantedIn("runtime/client/jetstream/consumer.ts", [
    ["a service takes more than it can handle at once", "this.#limit - this.#running - this.#asked", "this.#limit"],
    ["the first pull is asked for twice", "if (this.#link !== link) this.#attach(link);", "this.#attach(link);"],
    ["consumers are deaf after a restart of the server", ' || event.kind === "reconnected"', ""],
    ["nobody hears that a consumer stalls", '    this.#troubled("no message and no heartbeat came");\n', ""],
    ["servers send no heartbeats", ", idle_heartbeat: nanoseconds(this.#heartbeatMs)", ""],
    ["nobody hears that a right to pull is missing", "event.subject === this.#next)", 'event.subject === "")'],
    ["a stopped consumer takes messages", "    if (this.#ended) return;\n    this.#lastSign", "    this.#lastSign"],
    [
      "a missing consumer is asked for in a storm",
      "    this.#later();\n  }\n\n  #watch",
      "    this.#pull();\n  }\n\n  #watch",
    ],
  ]),
  ...plantedIn("runtime/client/jetstream/handle-message.ts", [
    ["what failed is acknowledged", 'answer(hopeless ? "+TERM"', 'answer(hopeless ? "+ACK"'],
    ["what failed comes again at once, until nothing is left", "nanoseconds(delay)", "nanoseconds(0)"],
    ["what never fits is delivered for ever", "error instanceof HandlerError && error.status < 500", "false"],
  ]),
  ...plantedIn("runtime/client/serve/service.ts", [
    ["each of a service's processes answers each request", 'queue = "q"', 'queue = ""'],
    ["nobody hears that an endpoint is refused", "`endpoint ${identity.subject} is refused: ${standing.refusal}`", ""],
    [
      "nobody hears that a service is invisible",
      "standing.refusal === undefined ? [] : [`${subject}",
      "subject ? [] : [`${subject}",
    ],
    ["requests wait without a bound", "!(concurrency >= 1) || !(waiting >= 0)", "!(concurrency >= 1)"],
  ]),
  ...plantedIn("runtime/client/serve/handler-error.ts", [
    ["a service that waits for another one is broken itself", "UNAVAILABLE.includes(error.code)", "false"],
  ]),
  ...plantedIn("runtime/client/serve/served-endpoint.ts", [
    ["callers read what a handler threw", "[ERROR_TEXT_HEADER]: text }", "[ERROR_TEXT_HEADER]: describe(error) }"],
    ["a handler that throws leaves its caller waiting", "this.#fail(message, link, statusOf(error), error);", ""],
    [
      "requests wait without an end",
      "if (turn === undefined)",
      "if (turn === undefined && message.reply === undefined)",
    ],
    ["a handler's turn is never given back", "      this.#turns.done();\n", ""],
  ]),
  ...plantedIn("runtime/client/addresses.ts", [
    ["a login goes to another machine in clear", 'plaintext === "loopback" ?', "plaintext === undefined ?"],
    ["encrypted and clear addresses are mixed", "if (clear.length < list.length)", "if (clear.length > list.length)"],
  ]),
  ...plantedIn("runtime/client/health.ts", [
    ["a closed client is ready", '...(closed ? ["the client is closed"] : []), ', ""],
    ["a client that is away is ready", "...away, ", ""],
    ["health is answered from a cache", ', "cache-control": "no-store"', ""],
    ["what is not ready says that it is", "health.ready ? 200 : 503", "health.ready ? 200 : 200"],
  ]),
  ...plantedIn("runtime/client/observe/metrics.ts", [
    [
      "subjects without an end make series without an end",
      "this.#series.size < MAX_PATTERNS",
      "this.#series.size >= 0",
    ],
  ]),
  ...plantedIn("runtime/client/observe/tracing.ts", [
    ["spans carry personal data", "`${VERBS[kind]} ${pattern}`", "`${VERBS[kind]} ${operation.subject}`"],
    ["spans are made that nobody takes", "asked ? undefined : () => isRegistered(api)", "undefined"],
  ]),
  ...plantedIn("runtime/client-testing/users.ts", [
    [
      "what a deployment refuses passes in a service's own tests",
      "permissions: { publish, subscribe, ...answers }",
      "permissions: { subscribe, ...answers }",
    ],
    ["everybody's inbox is open in a service's own tests", "serviceInboxPrefix(name) }", '"_INBOX" }'],
  ]),
  ...plantedIn("runtime/client/nats-errors.ts", [
    ["a refused login is tried like an outage", 'return "refused";', 'return "timeout";'],
  ]),
];
