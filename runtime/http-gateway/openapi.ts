import { MAX_IDENTITY_BYTES } from "../client/identity";
import { KEY_PATTERN } from "./idempotency";
import { PARAMETER_PATTERN, pathPattern } from "./paths";
import { PROBLEMS, type ProblemCode } from "./problems";
import type { GatewaySpec, Route } from "./spec";
import { EVENT_ID_PATTERN } from "./sse";
import { TICKETS_PATH } from "./tickets";

/** The document of the interface, made from the routes. It names no subject. */

const problems = (codes: readonly ProblemCode[]) =>
  Object.fromEntries(
    [...new Set(codes.map((code) => PROBLEMS[code].status))].sort().map((status) => [
      String(status),
      {
        description: codes
          .filter((code) => PROBLEMS[code].status === status)
          .map((code) => `\`${code}\`: ${PROBLEMS[code].title}`)
          .join(". "),
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  );

const always: ProblemCode[] = [
  ...(["bad-path", "bad-query", "token-missing", "token-refused", "denied", "too-many-requests"] as const),
  ...(["internal", "connection-lost", "cluster-away", "draining"] as const),
];
const withBody: ProblemCode[] = ["bad-header", "body-slow", "body-too-large", "media-type-refused"];
const ofKind: Readonly<Record<Route["kind"], readonly ProblemCode[]>> = {
  request: [
    ...withBody,
    ...(["idempotency-key-refused", "service-bad-request", "service-denied", "service-not-found"] as const),
    ...(["service-conflict", "service-unprocessable", "service-busy", "service-failed"] as const),
    ...(["no-responders", "timeout"] as const),
  ],
  publish: [...withBody, "idempotency-key-refused"],
  stream: [
    ...withBody,
    ...(["bad-idempotency-key", "idempotency-key-missing", "idempotency-key-refused"] as const),
    ...(["key-in-flight", "key-reused", "not-stored"] as const),
  ],
  events: ["bad-event-id", "ticket-refused"],
};

const success = (route: Route): Record<string, object> => {
  switch (route.kind) {
    case "request":
      return {
        "200": { description: "The service's answer", content: { [route.answers]: {} } },
        "204": { description: "The service answered without content" },
      };
    case "publish":
      return { "202": { description: "The message was sent to whoever listens" } };
    case "stream":
      return {
        "201": {
          description: "The message is stored",
          content: { "application/json": { schema: { $ref: "#/components/schemas/Stored" } } },
        },
      };
    case "events":
      return {
        "200": {
          description: "Events until the reader goes, the token ends or the gateway stops",
          content: { "text/event-stream": { schema: { type: "string" } } },
        },
      };
  }
};

function operation(route: Route): object {
  const parameters = [...route.path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", minLength: 1, maxLength: MAX_IDENTITY_BYTES, pattern: PARAMETER_PATTERN },
  }));
  const header = (name: string, description: string, pattern: string, required = false) => ({
    name,
    in: "header",
    required,
    description,
    schema: { type: "string", pattern },
  });
  const own = [
    ...(route.kind === "stream" && route.idempotency !== "none"
      ? [
          header(
            "Idempotency-Key",
            "One quoted text: repeated, the message is stored once",
            KEY_PATTERN,
            route.idempotency === "required",
          ),
        ]
      : []),
    ...(route.kind === "events" && route.stream !== undefined
      ? [header("Last-Event-ID", "Id of the last event that was read: what was missed comes first", EVENT_ID_PATTERN)]
      : []),
  ];
  const body = "accepts" in route && route.method !== "GET";
  return {
    operationId: route.name,
    ...(route.description !== undefined && { description: route.description }),
    security: route.kind === "events" ? [{ bearer: [] }, { ticket: [] }] : [{ bearer: [] }],
    parameters: [...parameters, ...own],
    ...(body && { requestBody: { content: Object.fromEntries(route.accepts.map((type) => [type, {}])) } }),
    responses: { ...success(route), ...problems([...always, ...ofKind[route.kind]]) },
  };
}

/** Where readers that cannot send a header get what they put into the address. */
const tickets = (routes: readonly Route[]) => ({
  post: {
    operationId: "event-ticket",
    description: "A ticket for the address of an event stream, for EventSource: once, within 30 seconds",
    security: [{ bearer: [] }],
    requestBody: {
      required: true,
      content: {
        "application/json": {
          schema: {
            type: "object",
            required: ["path"],
            properties: { path: { type: "string", pattern: routes.map(({ path }) => pathPattern(path)).join("|") } },
          },
        },
      },
    },
    responses: {
      "201": {
        description: "The ticket",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Ticket" } } },
      },
      ...problems([...always, "body-slow", "body-too-large", "bad-ticket-request", "unknown-path"]),
    },
  },
});

/** OpenAPI 3.1 */
export function openApi({ title, routes }: GatewaySpec): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  const events = routes.filter(({ kind }) => kind === "events");
  const hasEvents = events.length > 0;
  if (hasEvents) paths[TICKETS_PATH] = tickets(events);
  return {
    openapi: "3.1.0",
    info: { title, version: "1" },
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
        ...(hasEvents && { ticket: { type: "apiKey", in: "query", name: "ticket" } }),
      },
      schemas: {
        ...(hasEvents && {
          Ticket: {
            type: "object",
            required: ["ticket", "expiresInSeconds"],
            properties: { ticket: { type: "string" }, expiresInSeconds: { type: "integer" } },
          },
        }),
        Problem: {
          type: "object",
          required: ["type", "title", "status"],
          properties: {
            type: { type: "string" },
            title: { type: "string" },
            status: { type: "integer" },
          },
        },
        Stored: {
          type: "object",
          required: ["stream", "sequence"],
          properties: { stream: { type: "string" }, sequence: { type: "integer" } },
        },
      },
    },
  };
}
