import type { Msg, NatsConnection } from "@nats-io/transport-node";
import { type RestoreStreamProps, restoreStream } from "../../../runtime/backup/restore-stream";

/**
 * A server's answers to a restore. What is refused here is refused for a moment only, while a server comes back, which real
 * servers do at no time that a test could choose.
 */
function answering(...answers: (object | Error)[]) {
  const asked: string[] = [];
  let hear: (error: Error | null, message: Partial<Msg>) => void = () => undefined;
  const encoded = (answer: object) => new TextEncoder().encode(JSON.stringify(answer));
  const nc = {
    async request(subject: string) {
      asked.push(subject);
      const answer = answers.shift();
      if (answer === undefined || answer instanceof Error) throw answer;
      return { data: encoded(answer) };
    },
    subscribe(_: string, { callback }: { callback: typeof hear }) {
      hear = callback;
      return { unsubscribe: () => undefined };
    },
    // The end of it; there are no chunks.
    publish: () => setImmediate(() => hear(null, { data: encoded({}) })),
    isClosed: () => false,
  };
  return { asked, nc: nc as unknown as NatsConnection };
}

const refused = { error: { code: 400, err_code: 10005, description: "no suitable peers for placement, peer offline" } };
const room = { deliver_subject: "restore.here" };
const nothing = async function* (): AsyncGenerator<Uint8Array> {};
const props = (changes: Partial<RestoreStreamProps> = {}): RestoreStreamProps => ({
  ...{ config: { name: "A" }, state: {} as RestoreStreamProps["state"], data: nothing() },
  ...{ deadline: Date.now() + 10_000, ...changes },
});

test("a restore that finds no room waits for servers that are away, and says so", async () => {
  const { nc, asked } = answering(refused, refused, room);
  const said: string[] = [];
  await restoreStream(nc, props({ waiting: (why) => said.push(why) }));
  expect(asked).toEqual(Array(3).fill("$JS.API.STREAM.RESTORE.A"));
  expect(said).toEqual(Array(2).fill(expect.stringContaining("no suitable peers")));
});

test("it waits no longer than it may, and names the refusal", async () => {
  const { nc } = answering(refused, room);
  await expect(restoreStream(nc, props({ deadline: Date.now() }))).rejects.toThrow("no suitable peers");
});

test("what is refused for good is not asked again", async () => {
  const exists = { error: { code: 400, err_code: 10058, description: "stream name already in use" } };
  const { nc, asked } = answering(exists, room);
  await expect(restoreStream(nc, props())).rejects.toThrow("already in use");
  expect(asked).toHaveLength(1);
});

test("nor is what may have begun: nobody knows after a timeout", async () => {
  const { nc, asked } = answering(new Error("TIMEOUT"), room);
  await expect(restoreStream(nc, props())).rejects.toThrow("TIMEOUT");
  expect(asked).toHaveLength(1);
});
