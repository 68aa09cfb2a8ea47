import { once } from "node:events";
import { type Agent, createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Door, refuseCaller } from "./caller";
import { control } from "./control";
import { completeEcs, followEcs } from "./ecs/api";
import { refuseEcs } from "./ecs/refusals";
import { answerInvoke, noteDeployment } from "./lambda/api";
import type { Moto } from "./moto";
import type { Parts } from "./parts";
import { type Answer, jsonAnswer, passOn, readAll, readAnswer } from "./proxy";
import { type AwsRequest, describeRequest } from "./request";
import { hideChange } from "./route53";

export interface EndpointProps {
  moto: Pick<Moto, "agent">;
  /** What callers show, and the deployed functions too. */
  key: string;
  log(line: string): void;
}

/** The running endpoint and its parts. */
export interface Endpoint {
  url: string;
  server: Server;
  parts: Parts;
}

/**
 * One URL for all of AWS, on a free port of this machine: what moto cannot do is done here, the rest passes through.
 *
 * @param build makes the parts that answer; functions are given the URL. It must not wait for anything: no request is
 * read before it returns, so none meets an incomplete emulator.
 */
export async function startEndpoint(props: EndpointProps, build: (url: string) => Parts): Promise<Endpoint> {
  const server = createServer();
  // A synchronous issuance of certificates takes long.
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const parts = build(url);
  server.on("request", (message, response) => {
    handle(message, response, { ...props, port }, parts).catch((error: Error) => {
      props.log(`${message.method} ${message.url}: ${error.stack}`);
      if (!response.headersSent) response.writeHead(502);
      response.end();
    });
  });
  return { url, server, parts };
}

async function handle(
  message: IncomingMessage,
  response: ServerResponse,
  props: EndpointProps & Door,
  parts: Parts,
): Promise<void> {
  const refusal = refuseCaller(message, props);
  if (refusal) {
    // What it goes on to send is not read.
    send(response, { ...refusal, headers: { ...refusal.headers, connection: "close" } });
    return;
  }
  // For the emulator and not for AWS.
  if (message.url?.startsWith("/_emulator/")) {
    send(response, await control(message, (await readAll(message)).toString("utf8"), parts));
    return;
  }
  const named = describeRequest(message, undefined);
  const streamed = named.service === "s3";
  const request = streamed ? named : describeRequest(message, await readAll(message));
  const fault = parts.faults.meet(request);
  if (fault === "reset") {
    message.destroy();
    return;
  }
  if (fault) {
    send(response, fault);
    return;
  }
  if (streamed) {
    const passed = await passOn(props.moto.agent, request, message);
    response.writeHead(passed.statusCode ?? 502, passed.headers);
    passed.pipe(response);
    return;
  }
  send(response, refuseUnknown(request, await answer(request, props.moto.agent, parts), props.log));
}

/** Answers requests that moto cannot answer, and adds to moto's answers what it does not do by itself. */
async function answer(request: AwsRequest, moto: Agent, parts: Parts): Promise<Answer> {
  const pass = async (passed = request) => readAnswer(await passOn(moto, passed));
  switch (request.service) {
    case "lambda": {
      const own = await answerInvoke(request, parts.functions, parts.invoker);
      if (own) return own;
      const answer = await pass();
      await noteDeployment(request, answer, parts.functions);
      return answer;
    }
    case "ecs": {
      const refusal = refuseEcs(request);
      if (refusal) return refusal;
      const complete = completeEcs(request);
      return followEcs(complete, await pass(complete), parts.services, parts.tasks);
    }
    case "acm":
      return parts.certificateKeys.complete(request, await pass());
    case "route53":
      return hideChange(request, await pass());
    case "application-autoscaling": {
      const own = parts.scalingTags.answer(request);
      if (own) return own;
      const answer = await pass();
      parts.scalingTags.note(request, answer);
      return answer;
    }
    default:
      return pass();
  }
}

/** moto answers unknown requests with an HTML page about its crash, and clients would retry for minutes. */
function refuseUnknown(request: AwsRequest, answer: Answer, log: (line: string) => void): Answer {
  if (answer.status !== 500 || !String(answer.headers["content-type"]).startsWith("text/html")) return answer;
  log(`moto fails at ${request.service} ${request.action}`);
  const message = `the emulated AWS does not know ${request.service} ${request.action}`;
  return request.headers["x-amz-target"] ? jsonAnswer(400, { __type: "UnsupportedOperation", message }) : answer;
}

function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers);
  response.end(body);
}
