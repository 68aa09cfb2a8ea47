import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as it came, with what AWS calls it. */
export interface ProxiedRequest {
  /** As in IAM: ecs, ec2, route53. */
  service: string;
  action: string;
  body: string;
  /** Which try of the SDK's it is, from 1. */
  attempt: number;
  /** Milliseconds since the process started. */
  at: number;
  fault?: Fault | Answer;
  /** What AWS answered; nothing where it was not asked, or has not yet. */
  answer?: Answer;
}

/** An answer as it goes over the wire. */
export interface Answer {
  status: number;
  type: string;
  said: string;
}

/**
 * throttle, server-error: refused without being carried out. reset: the connection is cut instead. lost: it is carried out,
 * and the connection is cut instead of an answer. twice: it is carried out two times. hang: no answer, ever.
 */
export type Fault = "throttle" | "prior-request" | "server-error" | "reset" | "lost" | "twice" | "hang";

export interface FaultProxy {
  /** For `AWS_ENDPOINT_URL`. */
  url: string;
  requests: readonly ProxiedRequest[];
  /** Which request meets which fault, or gets an answer that AWS did not give; may be replaced at any time. */
  decide: (asked: ProxiedRequest) => Fault | Answer | undefined;
  stop(): Promise<void>;
}

/** Stands in front of an emulated AWS and breaks what it is told to. `rewrite` may alter a successful answer. */
export async function startFaultProxy(
  upstream: string,
  rewrite: (asked: ProxiedRequest, answer: string) => string = (_, answer) => answer,
): Promise<FaultProxy> {
  const requests: ProxiedRequest[] = [];
  const server = createServer((incoming, outgoing) => void serve(incoming, outgoing).catch(() => outgoing.destroy()));

  async function serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const body = await text(incoming);
    const attempt = Number(/attempt=(\d+)/.exec(`${incoming.headers["amz-sdk-request"]}`)?.[1] ?? 1);
    const asked: ProxiedRequest = { ...called(incoming, body), body, attempt, at: performance.now() };
    const fault = proxy.decide(asked);
    asked.fault = fault;
    requests.push(asked);
    if (fault === "hang") return;
    if (fault === "reset") return void incoming.socket.destroy();
    if (typeof fault === "object") return reply(outgoing, fault);
    if (fault === "throttle" || fault === "prior-request" || fault === "server-error")
      return reply(outgoing, refusal(asked.service, fault));
    if (fault === "twice") await forward(upstream, incoming, body);
    const answer = await forward(upstream, incoming, body);
    asked.answer = answer;
    if (fault === "lost") return void incoming.socket.destroy();
    const said = answer.status < 300 ? rewrite(asked, answer.said) : answer.said;
    reply(outgoing, { ...answer, said });
  }

  // A connection that is closed when it was idle for long may meet a request under way: no fault that was asked for.
  server.keepAliveTimeout = 0;
  server.listen(0, "127.0.0.1");
  await new Promise((resolve, reject) => server.once("listening", resolve).once("error", reject));
  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    decide: () => undefined,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return proxy;
}

function reply(outgoing: ServerResponse, { status, type, said }: Answer): void {
  outgoing.writeHead(status, { "content-type": type }).end(said);
}

async function text(stream: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** Service and action, from the signature's scope and where each protocol names its action. */
function called({ headers, method, url = "" }: IncomingMessage, body: string): { service: string; action: string } {
  const service = /Credential=[^/]+\/[^/]+\/[^/]+\/([^/]+)\//.exec(headers.authorization ?? "")?.[1] ?? "";
  const target = headers["x-amz-target"];
  if (typeof target === "string") return { service, action: target.split(".").at(-1) ?? "" };
  const action = new URLSearchParams(body).get("Action");
  if (action) return { service, action };
  if (service === "route53" && /\/rrset\/?(\?|$)/.test(url))
    return { service, action: method === "GET" ? "ListResourceRecordSets" : "ChangeResourceRecordSets" };
  return { service, action: `${method} ${url}` };
}

/** How each service says that it refuses, in its own protocol. */
function refusal(service: string, fault: "throttle" | "prior-request" | "server-error"): Answer {
  const internal = fault === "server-error";
  if (service === "ecs") {
    const __type = internal ? "ServerException" : "ThrottlingException";
    const said = JSON.stringify({ __type, message: "Rate exceeded" });
    return { status: internal ? 500 : 400, type: "application/x-amz-json-1.1", said };
  }
  if (service === "ec2") {
    const code = internal ? "InternalError" : "RequestLimitExceeded";
    const error = `<Errors><Error><Code>${code}</Code><Message>Request limit exceeded.</Message></Error></Errors>`;
    return {
      status: internal ? 500 : 503,
      type: "text/xml",
      said: `<Response>${error}<RequestID>1</RequestID></Response>`,
    };
  }
  const code = {
    throttle: "Throttling",
    "prior-request": "PriorRequestNotComplete",
    "server-error": "InternalFailure",
  };
  const error = `<Error><Type>Sender</Type><Code>${code[fault]}</Code><Message>Rate exceeded</Message></Error>`;
  const xmlns = "https://route53.amazonaws.com/doc/2013-04-01/";
  const said = `<?xml version="1.0"?><ErrorResponse xmlns="${xmlns}">${error}<RequestId>1</RequestId></ErrorResponse>`;
  return { status: internal ? 500 : 400, type: "text/xml", said };
}

/** The request as it came, its signed headers included. */
function forward(upstream: string, { method, url, headers }: IncomingMessage, body: string): Promise<Answer> {
  const { hostname, port } = new URL(upstream);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path: url, headers, agent: false }, (answer) => {
      text(answer).then((said) => {
        resolve({ status: answer.statusCode ?? 500, type: answer.headers["content-type"] ?? "text/plain", said });
      }, reject);
    });
    outgoing.on("error", reject).end(body);
  });
}
