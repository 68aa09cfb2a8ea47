import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";

/** Callers of a twin's HTTP gateway. */

export interface HttpAnswer {
  status: number;
  headers: IncomingMessage["headers"];
  body: string;
  /** Of a problem, the code at the end of its type. */
  problem?: string;
}

export interface Call {
  method?: string;
  token?: string;
  headers?: Record<string, string | string[]>;
  body?: unknown;
  /** Time without a byte after which the caller gives up. */
  timeoutMs?: number;
}

/** One request over a connection of its own. Rejects when the connection ends without an answer. */
export function call(
  url: string,
  { method = "POST", token, headers, body, timeoutMs = 60_000 }: Call = {},
): Promise<HttpAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const req = httpRequest(url, {
      method,
      agent: false,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(text !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        ...headers,
      },
    });
    req.setTimeout(timeoutMs, () => req.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    req.once("error", reject).once("response", (res) => {
      let read = "";
      res.setEncoding("utf8").on("data", (chunk: string) => {
        read += chunk;
      });
      res.once("error", reject).once("end", () => {
        const isProblem = res.headers["content-type"] === "application/problem+json";
        const problem = isProblem ? String(JSON.parse(read).type).split(":").at(-1) : undefined;
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body: read, problem });
      });
    });
    req.end(text);
  });
}

export interface ReadEvent {
  event?: string;
  id?: string;
  data: string;
}

/** A reader of an event stream. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  retry?: number;
  isEnded = false;
  beats = 0;

  private constructor(private readonly res: IncomingMessage) {
    let rest = "";
    res.setEncoding("utf8").on("data", (chunk: string) => {
      const parts = (rest + chunk).split("\n\n");
      rest = parts.pop() ?? "";
      for (const part of parts) this.#take(part);
    });
    res.once("close", () => {
      this.isEnded = true;
    });
    res.on("error", () => undefined);
  }

  static open(url: string, token: string, lastId?: string): Promise<EventReader | HttpAnswer> {
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, ...(lastId !== undefined && { "last-event-id": lastId }) };
      const req = httpRequest(url, { agent: false, headers });
      req.once("error", reject).once("response", (res) => {
        if (res.statusCode === 200) return resolve(new EventReader(res));
        let body = "";
        res.setEncoding("utf8").on("data", (chunk: string) => {
          body += chunk;
        });
        res.once("end", () => {
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            body,
            problem: JSON.parse(body).type.split(":").at(-1),
          });
        });
      });
      req.end();
    });
  }

  get lastId(): string | undefined {
    return this.events.at(-1)?.id;
  }

  /** Ends it without a word to the other side but the end of the connection. */
  leave(): void {
    this.res.destroy();
  }

  pause(): void {
    this.res.socket.pause();
  }

  #take(part: string): void {
    const lines = part.split("\n");
    const field = (name: string) =>
      lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
    if (lines.every((line) => line.startsWith(":"))) this.beats++;
    else if (field("retry")[0] !== undefined) this.retry = Number(field("retry")[0]);
    else this.events.push({ event: field("event")[0], id: field("id")[0], data: field("data").join("\n") });
  }
}

export async function reading(url: string, token: string, lastId?: string): Promise<EventReader> {
  const reader = await EventReader.open(url, token, lastId);
  if (!(reader instanceof EventReader)) throw new Error(`${reader.status} ${reader.body}`);
  return reader;
}

/** Everything that a server answers to bytes of our own, until it ends the connection. */
export function raw(port: number, text: string, { end = false, seconds = 30 } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(text, "latin1");
      if (end) socket.end();
    });
    let read = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      read += chunk;
    });
    socket.setTimeout(seconds * 1000, () => socket.destroy());
    socket.once("error", reject).once("close", () => resolve(read));
  });
}
