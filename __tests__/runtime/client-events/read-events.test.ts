import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { EventsRefusedError, readEvents } from "../../../runtime/client-events";
import { Problem, type ProblemCode, problemAnswer } from "../../../runtime/http-gateway/problems";
import { frame } from "../../../runtime/http-gateway/sse";
import { eventually } from "../../support/eventually";

/** The reader against a real server that does to it what gateways, balancers and networks do. */

type Handler = (res: ServerResponse, req: IncomingMessage) => void;

const asked: { token?: string; lastId?: string }[] = [];
let answers: Handler[] = [];
let open = 0;
const server = createServer((req, res) => {
  open++;
  res.once("close", () => open--);
  asked.push({ token: req.headers.authorization, lastId: req.headers["last-event-id"] as string | undefined });
  (answers.shift() ?? (() => undefined))(res, req);
});
let url: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`;
});
beforeEach(() => {
  asked.length = 0;
  answers = [];
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const head = (res: ServerResponse) => res.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
const event = (n: number) => frame({ id: `k-${n}`, data: `${n}` });
const says =
  (...numbers: number[]): Handler =>
  (res) =>
    void head(res).write(numbers.map(event).join(""));
const ends =
  (retryMs: number, ...numbers: number[]): Handler =>
  (res) =>
    void head(res).end(`${numbers.map(event).join("")}retry: ${retryMs}\n\n`);
const cut =
  (...numbers: number[]): Handler =>
  (res) =>
    head(res).write(numbers.map(event).join(""), () => res.destroy());
const refuses =
  (code: ProblemCode): Handler =>
  (res) => {
    const { status, headers, body } = problemAnswer(new Problem(code), () => 0);
    res.writeHead(status, headers).end(body);
  };

interface Seen {
  data: string[];
  problems: { problem: unknown; waitMs: number }[];
  /** What `token` was told, each time. */
  refused: boolean[];
}

/** Reads until the last number has come, or until the reader gives up. */
async function reads(
  last: number,
  seen: Seen = { data: [], problems: [], refused: [] },
  times: { silenceMs?: number; connectTimeoutMs?: number } = {},
): Promise<Seen> {
  const token = (isRefused: boolean) => {
    seen.refused.push(isRefused);
    return `token-${seen.refused.length}`;
  };
  const onProblem = (problem: unknown, waitMs: number) => void seen.problems.push({ problem, waitMs });
  for await (const { data } of readEvents(url, { token, onProblem, ...times })) {
    seen.data.push(data);
    if (data === `${last}`) break;
  }
  return seen;
}

test("an end of which the server says when to come back is no problem: it goes on after the last id, with another token", async () => {
  answers = [ends(50, 1, 2), ends(30), says(3)];
  const { data, problems } = await reads(3);
  expect(data).toEqual(["1", "2", "3"]);
  expect(asked).toEqual([
    { token: "Bearer token-1", lastId: undefined },
    { token: "Bearer token-2", lastId: "k-2" },
    { token: "Bearer token-3", lastId: "k-2" },
  ]);
  expect(problems).toEqual([]);
});

test("a connection that is cut, refused, silent or never answered is made again, after a wait that differs", async () => {
  answers = [cut(1), (res) => void res.destroy(), says(2), () => undefined, refuses("cluster-away"), says(3)];
  // Longer than a busy machine takes for an answer.
  const times = { silenceMs: 3000, connectTimeoutMs: 3000 };
  const { data, problems } = await reads(3, undefined, times);
  expect(data).toEqual(["1", "2", "3"]);
  expect(problems.map(({ problem }) => (problem as Error).message)).toEqual([
    expect.any(String),
    expect.any(String),
    "nothing came over the event stream",
    "the event stream did not begin in time",
    "the event stream was refused: 503 cluster-away",
  ]);
  expect(asked.map(({ lastId }) => lastId)).toEqual([undefined, "k-1", "k-1", "k-2", "k-2", "k-2"]);
  expect(new Set(problems.map(({ waitMs }) => waitMs)).size).toBe(problems.length);
  // `Retry-After` is a floor.
  expect(problems.at(-1)?.waitMs).toBeGreaterThanOrEqual(1000);
});

test("a refused token is asked for anew once, by the word that it was refused", async () => {
  answers = [refuses("token-refused"), says(1)];
  expect(await reads(1)).toMatchObject({ data: ["1"], refused: [false, true] });
  answers = [refuses("token-refused"), refuses("token-refused"), says(1)];
  const seen: Seen = { data: [], problems: [], refused: [] };
  await expect(reads(1, seen)).rejects.toMatchObject({ status: 401, code: "token-refused" });
  expect(seen.refused).toEqual([false, true]);
});

test.each<ProblemCode>(["denied", "bad-event-id", "unknown-path"])("%s is final", async (code) => {
  answers = [refuses(code), says(1)];
  await expect(reads(1)).rejects.toEqual(expect.objectContaining({ name: "EventsRefusedError", code }));
  expect(asked).toHaveLength(1);
});

test("an answer that is no event stream is final: a proxy's page is not read as one", async () => {
  answers = [(res) => void res.writeHead(200, { "content-type": "text/html" }).end("data: 1\n\n")];
  await expect(reads(1)).rejects.toBeInstanceOf(EventsRefusedError);
});

test("a redirect is final: a token is for the address that it was given for", async () => {
  answers = [(res) => void res.writeHead(307, { location: "/elsewhere" }).end(), says(1)];
  await expect(reads(1)).rejects.toThrow(EventsRefusedError);
  expect(asked).toHaveLength(1);
});

test("a token that cannot be had now is asked for again, and who has enough of it says so by an error", async () => {
  answers = [says(1)];
  const given = [() => Promise.reject(new Error("offline")), () => new Promise<string>(() => undefined), () => "late"];
  const problems: string[] = [];
  const options = { connectTimeoutMs: 300, token: () => given.shift()?.() ?? "late" };
  const onProblem = (problem: unknown) => void problems.push((problem as Error).message);
  for await (const _ of readEvents(url, { ...options, onProblem })) break;
  expect(problems).toEqual(["offline", "the event stream did not begin in time"]);
  const enough = new Error("enough");
  const stop = () => {
    throw enough;
  };
  const never = readEvents(url, { token: () => Promise.reject(new Error("offline")), onProblem: stop });
  await expect(never.next()).rejects.toBe(enough);
}, 60_000);

test("a reader that stops, by its signal or by leaving the loop, leaves no connection", async () => {
  answers = [says(1), says(1)];
  const end = new AbortController();
  const read: string[] = [];
  const reading = (async () => {
    for await (const { data } of readEvents(url, { token: () => "t", signal: end.signal })) read.push(data);
  })();
  await eventually("an event came", () => read.length === 1, 20);
  expect(open).toBe(1);
  end.abort();
  await reading;
  await eventually("the connection is closed", () => open === 0, 20);
  for await (const _ of readEvents(url, { token: () => "t" })) break;
  await eventually("the connection is closed", () => open === 0, 20);
  // One that ended before it began asks nobody.
  asked.length = 0;
  for await (const _ of readEvents(url, { token: () => "t", signal: AbortSignal.abort() })) throw new Error("never");
  expect(asked).toEqual([]);
});

test("a token is not sent in clear over a network", async () => {
  for (const address of ["http://api.example.com/orders", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/"])
    await expect(readEvents(address, { token: () => "t" }).next()).rejects.toThrow(/over https/);
});
