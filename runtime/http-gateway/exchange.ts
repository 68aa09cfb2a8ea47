import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Logger } from "pino";
import { errorMessage } from "../common/error-message";
import { readBody } from "./body";
import { corsHeaders, preflightHeaders } from "./cors";
import type { EventStreams } from "./event-streams";
import { publish, type Response, request, type Storing, store } from "./handlers";
import { inbound, takesMediaType } from "./headers";
import { idempotencyKey } from "./idempotency";
import type { Metrics } from "./metrics";
import { openApi } from "./openapi";
import { type Found, Router, subjectOf } from "./paths";
import type { Pool } from "./pool";
import { Problem, problemAnswer } from "./problems";
import { addressOf, Rates } from "./rates";
import type { GatewaySpec, Route } from "./spec";
import { placeOf } from "./sse";
import { TICKET_MS, TICKETS_PATH, type Tickets } from "./tickets";
import { type Caller, callerOf } from "./token";
import type { UserConnection } from "./user-connection";

/** From a request to its answer, and nothing in between that is not in this order. */

export interface ExchangeProps {
  spec: GatewaySpec;
  pool: Pool<UserConnection>;
  storing: Omit<Storing, "pool" | "randomId">;
  events: EventStreams;
  tickets: Tickets;
  metrics: Metrics;
  log: Logger;
  now(): number;
  isDraining(): boolean;
}

const BODY_MS = 10_000;
/** New tokens of one address a second, and at once: each is a question to the auth callout. */
const LOGINS = { perSecond: 20, burst: 200 };
const MOST_RATES = 50_000;

export class Exchange {
  readonly #router: Router;
  readonly #document: string;
  readonly #rates: Rates;
  readonly #logins: Rates;

  constructor(private readonly props: ExchangeProps) {
    const { spec, now } = props;
    this.#router = new Router(spec.routes);
    this.#document = JSON.stringify(openApi(spec));
    const { requestsPerSecond } = spec.limits;
    this.#rates = new Rates(requestsPerSecond, requestsPerSecond * 3, MOST_RATES, now);
    this.#logins = new Rates(LOGINS.perSecond, LOGINS.burst, MOST_RATES, now);
  }

  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { metrics, log, spec } = this.props;
    const begun = performance.now();
    let route: Route | undefined;
    const cors = () =>
      corsHeaders(spec.origins, req.headers.origin, route && "responseHeaders" in route ? route.responseHeaders : []);
    try {
      const answer = await this.#answer(req, res, cors, (found) => {
        route = found;
      });
      if (answer) this.#send(req, res, answer, cors());
      metrics.answered(route?.name ?? "", "ok", (performance.now() - begun) / 1000);
    } catch (error) {
      const problem = error instanceof Problem ? error : new Problem("internal", error);
      metrics.answered(route?.name ?? "", problem.code, (performance.now() - begun) / 1000);
      const cause = problem.cause === undefined ? undefined : errorMessage(problem.cause);
      log[problem.code === "internal" ? "error" : "debug"](
        { route: route?.name, problem: problem.code, cause },
        "not answered",
      );
      const { status, headers, body } = problemAnswer(problem, Math.random);
      this.#send(req, res, { status, headers: Object.entries(headers), body }, cors());
    }
  }

  /** @returns undefined for event streams, which are written while they run */
  async #answer(
    req: IncomingMessage,
    res: ServerResponse,
    cors: () => Record<string, string>,
    found: (route: Route) => void,
  ): Promise<Response | undefined> {
    const [path = "", query] = (req.url ?? "").split("?", 2);
    const method = req.method ?? "";
    if (path === "/openapi.json" && method === "GET")
      return { status: 200, headers: [["content-type", "application/json"]], body: this.#document };
    if (method === "OPTIONS") return this.#preflight(path);
    if (path === TICKETS_PATH) return this.#ticket(req);
    const match = this.#router.find(method, path);
    if ("methods" in match)
      throw new Problem("method-refused", undefined, { allow: [...match.methods, "OPTIONS"].join(", ") });
    const { route } = match;
    found(route);
    const asked = new URLSearchParams(query);
    const ticket = route.kind === "events" ? asked.get("ticket") : null;
    if (ticket === null ? query !== undefined && query !== "" : !isOfTicket(asked)) throw new Problem("bad-query");
    if (this.props.isDraining()) throw new Problem("draining");
    const caller = this.#caller(req, ticket === null ? undefined : await this.props.tickets.take(ticket, path));
    const subject = subjectOf(route.subject, match.parameters, caller.sub);
    const lastId = headerOf(req, "last-event-id")[0] ?? asked.get("last-event-id") ?? undefined;
    if (route.kind === "events") return this.#events(res, route, caller, subject, lastId, cors);
    return this.#message(req, route, caller, subject);
  }

  #preflight(path: string): Response {
    const found: Found = path === TICKETS_PATH ? { methods: ["POST"] } : this.#router.find("OPTIONS", path);
    const methods = "methods" in found ? found.methods : [];
    const names = this.props.spec.routes.flatMap((route) => ("requestHeaders" in route ? route.requestHeaders : []));
    return {
      status: 204,
      headers: Object.entries({ allow: methods.join(", "), ...preflightHeaders(methods, [...new Set(names)]) }),
    };
  }

  /** A ticket for the path of an event route, to whoever has a token. What the token may hear, its use decides. */
  async #ticket(req: IncomingMessage): Promise<Response> {
    if (req.method !== "POST") throw new Problem("method-refused", undefined, { allow: "POST, OPTIONS" });
    if (req.url !== TICKETS_PATH) throw new Problem("bad-query");
    const caller = this.#caller(req);
    const body = await readBody(req, MAX_TICKET_BODY_BYTES, BODY_MS);
    const path = pathIn(body);
    const found = path?.includes("?") === false ? this.#router.find("GET", path) : undefined;
    if (path === undefined || !found || !("route" in found) || found.route.kind !== "events")
      throw new Problem("bad-ticket-request");
    const answer = { ticket: this.props.tickets.issue(caller, path), expiresInSeconds: TICKET_MS / 1000 };
    return { status: 201, headers: [["content-type", "application/json"]], body: JSON.stringify(answer) };
  }

  /** @param ofTicket whose ticket came in place of a header */
  #caller(req: IncomingMessage, ofTicket?: Caller): Caller {
    const { pool, spec, now, isDraining } = this.props;
    if (isDraining()) throw new Problem("draining");
    const caller = ofTicket ?? callerOf(req.headers.authorization, now());
    const address = addressOf(req.socket.remoteAddress, headerOf(req, "x-forwarded-for").join(","), spec.proxies);
    if (!pool.has(caller) && !this.#logins.take(address)) throw new Problem("too-many-requests");
    if (!this.#rates.take(caller.key)) throw new Problem("too-many-requests");
    return caller;
  }

  async #message(
    req: IncomingMessage,
    route: Exclude<Route, { kind: "events" }>,
    caller: Caller,
    subject: string,
  ): Promise<Response> {
    const { pool, storing } = this.props;
    const key = idempotencyKey(headerOf(req, "idempotency-key"), route.kind === "stream" ? route.idempotency : "never");
    const headers = inbound(route.requestHeaders, (name) => headerOf(req, name));
    const body = await readBody(req, route.method === "GET" ? 0 : route.maxBodyBytes, BODY_MS);
    if (body.length > 0 && !takesMediaType(route.accepts, req.headers["content-type"]))
      throw new Problem("media-type-refused");
    const read = { caller, subject, body, headers };
    switch (route.kind) {
      case "request":
        return request(pool, route, read);
      case "publish":
        return publish(pool, read);
      case "stream":
        return store({ ...storing, pool, randomId: randomUUID }, route, read, key);
    }
  }

  async #events(
    res: ServerResponse,
    route: Extract<Route, { kind: "events" }>,
    caller: Caller,
    subject: string,
    lastId: string | undefined,
    cors: () => Record<string, string>,
  ): Promise<undefined> {
    const { pool, events } = this.props;
    const last = route.stream === undefined ? undefined : placeOf(lastId);
    // Asked before the head is sent: a refusal is a 403, and not an open stream without events.
    const denied = await pool.use(caller, (connection) => connection.mayHear(subject));
    const headers = { ...SAFE, ...cors() };
    await events.serve({
      response: res,
      headers,
      subject,
      stream: route.stream,
      denied,
      last,
      expires: caller.expires,
    });
    return undefined;
  }

  #send(
    req: IncomingMessage,
    res: ServerResponse,
    { status, headers, body }: Response,
    cors: Record<string, string>,
  ): void {
    if (res.headersSent || res.destroyed) return;
    for (const [name, value] of Object.entries({ ...SAFE, "cache-control": "no-store", ...cors }))
      res.setHeader(name, value);
    for (const [name, value] of headers) res.appendHeader(name, value);
    // What was not read of the body is not taken for another request.
    if (!req.complete || this.props.isDraining()) res.setHeader("connection", "close");
    if (!req.complete) res.once("finish", () => req.socket.destroySoon());
    res.writeHead(status).end(body);
  }
}

const MAX_TICKET_BODY_BYTES = 4096;

/** What the address of an event stream may ask for beside its path. */
const isOfTicket = (asked: URLSearchParams) =>
  [...asked.keys()].every((name) => name === "ticket" || name === "last-event-id");

function pathIn(body: Uint8Array): string | undefined {
  try {
    const { path } = JSON.parse(Buffer.from(body).toString("utf8")) as { path?: unknown };
    return typeof path === "string" ? path : undefined;
  } catch {
    return undefined;
  }
}

const SAFE = { "x-content-type-options": "nosniff" };

/** Each line of a header, as it was sent. */
function headerOf(req: IncomingMessage, name: string): string[] {
  const { rawHeaders } = req;
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? "");
  return values;
}
