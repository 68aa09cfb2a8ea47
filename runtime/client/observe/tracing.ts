import type { Observer, Operation } from "./observer";

type Api = typeof import("@opentelemetry/api");

/** The API of OpenTelemetry, where the program has installed it. */
function installed(): Api | undefined {
  try {
    return require("@opentelemetry/api") as Api;
  } catch {
    return undefined;
  }
}

const TRACER = "@natsform/client";
const VERBS = { request: "send", publish: "send", handle: "process", consume: "process" } as const;

/**
 * Spans and trace context, with the names of the semantic conventions for messaging. A span is named after the pattern: a
 * filled subject holds personal data, and there are too many of them.
 *
 * @param asked undefined: once the program has registered a provider. That the API can be loaded says nothing: other
 * packages bring it.
 * @throws Error when it is asked for and the API is not installed
 */
export function tracingObserver(asked?: boolean): Observer | undefined {
  if (asked === false) return undefined;
  const api = installed();
  if (!api && asked) throw new Error("tracing needs the package @opentelemetry/api, which is not installed");
  return api && observerOf(api, asked ? undefined : () => isRegistered(api));
}

function isRegistered({ trace, ProxyTracerProvider }: Api): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(TRACER) !== undefined;
}

function observerOf(api: Api, isActive: Observer["isActive"]): Observer {
  const { trace, context, propagation, SpanKind, SpanStatusCode, ROOT_CONTEXT } = api;
  const tracer = trace.getTracer(TRACER);
  const kinds = {
    request: SpanKind.CLIENT,
    publish: SpanKind.PRODUCER,
    handle: SpanKind.SERVER,
    consume: SpanKind.CONSUMER,
  };
  return {
    isActive,
    begin(operation) {
      const { kind, pattern, received } = operation;
      const getter = {
        keys: () => received?.keys() ?? [],
        get: (_: unknown, key: string) => received?.get(key) || undefined,
      };
      const remote = received ? propagation.extract(ROOT_CONTEXT, undefined, getter) : ROOT_CONTEXT;
      const producer = trace.getSpanContext(remote);
      // A request goes on in its responder; a stored message only links to whoever stored it, perhaps days ago.
      const parent = kind === "handle" ? remote : context.active();
      const links = kind === "consume" && producer ? [{ context: producer }] : [];
      const span = tracer.startSpan(
        `${VERBS[kind]} ${pattern}`,
        { kind: kinds[kind], attributes: attributes(operation), links },
        parent,
      );
      const active = trace.setSpan(parent, span);
      const headers: Record<string, string> = {};
      if (kind === "request" || kind === "publish")
        propagation.inject(active, headers, { set: (carrier, key, value) => Object.assign(carrier, { [key]: value }) });
      return {
        headers,
        run: (work) => context.with(active, work),
        end(outcome, _seconds, error) {
          if (outcome !== "ok") {
            span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
            span.setAttribute("error.type", outcome);
            if (error instanceof Error) span.recordException(error.name);
          }
          span.end();
        },
      };
    },
  };
}

const attributes = ({ kind, pattern, bytes }: Operation) => ({
  "messaging.system": "nats",
  "messaging.operation.type": VERBS[kind],
  "messaging.operation.name": kind,
  "messaging.destination.template": pattern,
  "messaging.message.body.size": bytes,
});
