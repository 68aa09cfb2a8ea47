import { defineEndpoint } from "../../../runtime/client/endpoint";
import { TimeoutError } from "../../../runtime/client/errors";
import { Observers } from "../../../runtime/client/observe/observers";
import { HandlerError } from "../../../runtime/client/serve/handler-error";
import { ServedEndpoint, type ServedSettings } from "../../../runtime/client/serve/served-endpoint";
import type { Link, Message } from "../../../runtime/client/transport/link";

/** An endpoint that is asked without a server: what it answers stands in `answers`, what it logs in `logged`. */
function served(handler: () => unknown, settings: Partial<ServedSettings> = {}) {
  const answers: { text: string; headers: Record<string, string> }[] = [];
  const logged: string[] = [];
  const log = (fields: object) => void logged.push(JSON.stringify(fields));
  const link = {
    publish: (_reply: string, data: Uint8Array, options?: { headers?: Record<string, string> }) =>
      void answers.push({ text: Buffer.from(data).toString(), headers: options?.headers ?? {} }),
  } as unknown as Link;
  const endpoint = new ServedEndpoint({
    ...{ endpoint: defineEndpoint("user.{id}.get"), handler, concurrency: 2, waiting: 1 },
    logger: { debug: log, info: log, warn: log, error: log },
    observers: new Observers([]),
    signal: new AbortController().signal,
    ...settings,
  });
  const message = { subject: "user.7.get", reply: "_INBOX.a", data: new Uint8Array(0) } as Message;
  return { endpoint, answers, logged, take: () => endpoint.take(message, link) };
}

const secret = "postgres://me:secret@db/x\r\nNats-Rollup: all";

test.each<[string, () => unknown, string, string, string?]>([
  [
    "throws at once",
    () => {
      throw new Error(secret);
    },
    "500",
    "internal error",
  ],
  ["rejects later", () => Promise.reject(new Error(secret)), "500", "internal error"],
  [
    "throws what is no error",
    () => {
      throw secret;
    },
    "500",
    "internal error",
  ],
  [
    "chooses a status",
    () => {
      throw new HandlerError(404, secret);
    },
    "404",
    "not found",
  ],
  ["was not answered itself", () => Promise.reject(new TimeoutError(secret, 5)), "503", "unavailable"],
  ["answers with what is no JSON", () => ({ circle: BigInt(7) }), "500", "internal error", "BigInt"],
])(
  "a handler that %s answers with a fixed text, and the log alone has its own",
  async (_, handler, status, text, detail = "me:secret@db") => {
    const { answers, logged, take, endpoint } = served(handler);
    await take();
    expect(answers).toEqual([{ text: "", headers: { "Nats-Service-Error-Code": status, "Nats-Service-Error": text } }]);
    expect(endpoint.stats).toMatchObject({ requests: 1, errors: 1, lastError: `${status}:${text}` });
    expect(logged).toEqual([expect.stringContaining(detail)]);
  },
);

/** What needs no more than turns of the event loop has happened. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("as many run as the limit says, as many wait, and the next one is told", async () => {
  const release: (() => void)[] = [];
  const { answers, take } = served(() => new Promise<void>((resolve) => release.push(resolve)));
  const running = [take(), take(), take()];
  const fourth = take();
  await settled();
  expect(answers.map(({ headers }) => headers["Nats-Service-Error-Code"])).toEqual(["429"]);
  expect(release).toHaveLength(2);
  release[0]?.();
  await running[0];
  await settled();
  expect(release).toHaveLength(3);
  for (const end of release) end();
  await Promise.all([...running, fourth]);
  expect(answers).toHaveLength(4);
});

test("a logger or a connection that throws does not reach nats.js, whose reader it would end", async () => {
  const broken = () => {
    throw new Error("broken");
  };
  const { take } = served(broken, { logger: { debug: broken, info: broken, warn: broken, error: broken } });
  await expect(take()).resolves.toBeUndefined();
});
