import { type Agent, type IncomingMessage, type OutgoingHttpHeaders, request as send } from "node:http";
import type { AwsRequest } from "./request";

/** A complete HTTP answer. */
export interface Answer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer;
}

/** Headers that belong to one connection and not to the message. */
const hopByHop = ["connection", "keep-alive", "transfer-encoding", "expect"];

/**
 * Sends a request on to moto. Host and authorization stay, since moto tells services and buckets apart by them.
 *
 * @param from stream of the body, when it was not read
 */
export function passOn(agent: Agent, request: AwsRequest, from?: IncomingMessage): Promise<IncomingMessage> {
  const headers: OutgoingHttpHeaders = { ...request.headers };
  // Without its length a stream arrives in chunks, and must be announced so.
  for (const name of hopByHop) if (!(from && name === "transfer-encoding")) delete headers[name];
  if (request.body) headers["content-length"] = request.body.length;
  return new Promise((resolve, reject) => {
    const passed = send({ agent, path: request.path, method: request.method, headers }, resolve);
    passed.once("error", reject);
    if (from) from.pipe(passed);
    else passed.end(request.body);
  });
}

export async function readAnswer(message: IncomingMessage): Promise<Answer> {
  const headers: OutgoingHttpHeaders = { ...message.headers };
  for (const name of hopByHop) delete headers[name];
  return { status: message.statusCode ?? 502, headers, body: await readAll(message) };
}

export async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The same answer with another body. */
export const withBody = (answer: Answer, body: string): Answer => {
  const bytes = Buffer.from(body);
  return { ...answer, headers: { ...answer.headers, "content-length": bytes.length }, body: bytes };
};

/** An answer of our own in JSON. */
export const jsonAnswer = (status: number, value: unknown, headers: OutgoingHttpHeaders = {}): Answer => {
  const body = Buffer.from(value === undefined ? "" : JSON.stringify(value));
  return { status, headers: { "content-type": "application/json", "content-length": body.length, ...headers }, body };
};
