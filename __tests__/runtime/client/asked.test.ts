import { DeniedError, InvalidMessageError } from "../../../runtime/client/errors";
import { Asked } from "../../../runtime/client/transport/asked";
import type { Message } from "../../../runtime/client/transport/link";

type Heard = Parameters<ConstructorParameters<typeof Asked>[0]["subscribe"]>[1];

/** A connection as far as requests need one: what was published stands in `sent`. */
function connected(publish: (subject: string) => void = () => undefined) {
  const sent: { subject: string; reply: string }[] = [];
  const inboxes: { subject: string; heard: Heard }[] = [];
  const asked = new Asked({
    newInbox: () => `_INBOX.alice.${inboxes.length}`,
    subscribe: (subject, heard) => inboxes.push({ subject, heard }),
    publish(subject, _data, { reply }) {
      publish(subject);
      sent.push({ subject, reply });
    },
  });
  const answer = (number: number, data: string, code = 0) => {
    const headers = code === 0 ? undefined : ({ code } as Message["headers"]);
    const message = { subject: sent[number]?.reply, data: Buffer.from(data), headers } as unknown as Message;
    inboxes.at(-1)?.heard(undefined, message);
  };
  const ask = (subject: string, timeoutMs = 60_000) =>
    asked.ask(subject, new Uint8Array(), timeoutMs).then(
      ({ data }) => Buffer.from(data).toString(),
      (error: unknown) => error,
    );
  return { asked, sent, inboxes, answer, ask };
}

test("each gets its own answer, over one inbox below the private prefix", async () => {
  const { sent, inboxes, answer, ask } = connected();
  const both = [ask("a"), ask("b")];
  answer(1, "to b");
  answer(0, "to a");
  answer(0, "to a, again");
  expect(await Promise.all(both)).toEqual(["to a", "to b"]);
  expect(inboxes.map(({ subject }) => subject)).toEqual(["_INBOX.alice.0.*"]);
  for (const { reply } of sent) expect(reply).toMatch(/^_INBOX\.alice\.0\.[0-9a-f]{16}$/);
  expect(new Set(sent.map(({ reply }) => reply)).size).toBe(2);
});

test("replies of a thousand requests do not tell of each other", async () => {
  const { asked, sent, ask } = connected();
  const all = Array.from({ length: 1000 }, () => ask("a"));
  const tokens = sent.map(({ reply }) => BigInt(`0x${reply.split(".").at(-1)}`));
  const steps = new Set(tokens.slice(1).map((token, i) => token - (tokens[i] ?? 0n)));
  expect(steps.size).toBe(999);
  asked.lost();
  await Promise.all(all);
});

test("nobody listens, nobody answers in time", async () => {
  const { answer, ask } = connected();
  const alone = ask("a");
  answer(0, "", 503);
  expect(await alone).toMatchObject({ code: "no-responders", subject: "a" });
  expect(await ask("mute", 5)).toMatchObject({ code: "timeout", afterMs: 5, connectionLost: false });
});

test("an empty answer is an answer, and so is one with a status of its own", async () => {
  const { answer, ask } = connected();
  const both = [ask("a"), ask("b")];
  answer(0, "");
  answer(1, "busy", 503);
  expect(await Promise.all(both)).toEqual(["", "busy"]);
});

test("who waits is told at once that the connection went away, or that the server refuses", async () => {
  const { asked, ask } = connected();
  const [first, second] = [ask("a"), ask("b")];
  asked.denied("b");
  expect(await second).toBeInstanceOf(DeniedError);
  asked.lost();
  expect(await first).toMatchObject({ code: "timeout", connectionLost: true });
});

test("an inbox that the server refuses fails what waits, and the next request tries another one", async () => {
  const { inboxes, ask, answer } = connected();
  const refused = ask("a");
  inboxes[0]?.heard(new DeniedError("subscribe", "_INBOX.alice.0.*"), {} as Message);
  expect(await refused).toMatchObject({ code: "denied", operation: "subscribe" });
  const next = ask("a");
  answer(1, "yes");
  expect(await next).toBe("yes");
  expect(inboxes).toHaveLength(2);
});

test("what cannot be sent waits for nothing", async () => {
  const { ask } = connected(() => {
    throw new InvalidMessageError("too large");
  });
  expect(await ask("a")).toMatchObject({ code: "invalid" });
});
