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
import { type Caller, callerOf } from "./token";
import type { UserConnection } from "./user-connection";

/** From a request to its answer, and nothing in between that is not in this order. */

export interface ExchangeProps {
  spec: GatewaySpec;
  pool: Pool<UserConnection>;
  storing: Omit<Storing, "pool" | "randomId">;
  events: EventStreams;
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
    const match = this.#router.find(method, path);
    if ("methods" in match)
      throw new Problem("method-refused", undefined, { allow: [...match.methods, "OPTIONS"].join(", ") });
    const { route } = match;
    found(route);
    if (query !== undefined && query !== "") throw new Problem("bad-query");
    const caller = this.#caller(req);
    const subject = subjectOf(route.subject, match.parameters, caller.sub);
    if (route.kind === "events") return this.#events(req, res, route, caller, subject, cors);
    return this.#message(req, route, caller, subject);
  }

  #preflight(path: string): Response {
    const found: Found = this.#router.find("OPTIONS", path);
    const methods = "methods" in found ? found.methods : [];
    const names = this.props.spec.routes.flatMap((route) => ("requestHeaders" in route ? route.requestHeaders : []));
    return {
      status: 204,
      headers: Object.entries({ allow: methods.join(", "), ...preflightHeaders(methods, [...new Set(names)]) }),
    };
  }

  #caller(req: IncomingMessage): Caller {
    const { pool, spec, now, isDraining } = this.props;
    if (isDraining()) throw new Problem("draining");
    const caller = callerOf(req.headers.authorization, now());
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
    req: IncomingMessage,
    res: ServerResponse,
    route: Extract<Route, { kind: "events" }>,
    caller: Caller,
    subject: string,
    cors: () => Record<string, string>,
  ): Promise<undefined> {
    const { pool, events } = this.props;
    const last = route.stream === undefined ? undefined : placeOf(headerOf(req, "last-event-id")[0]);
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

const SAFE = { "x-content-type-options": "nosniff" };

/** Each line of a header, as it was sent. */
function headerOf(req: IncomingMessage, name: string): string[] {
  const { rawHeaders } = req;
  const values: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (rawHeaders[i]?.toLowerCase() === name) values.push(rawHeaders[i + 1] ?? "");
  return values;
}
