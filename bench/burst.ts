import { FairQueue } from "../runtime/auth-callout/fair-queue";
import { ownPath } from "./callout";
import { median, quantile } from "./statistics";

const requests = 1000;
const rounds = 3;

/** A thousand requests that reach one responder at once: all started at once, and one per event-loop turn. */
export async function benchBurst(): Promise<void> {
  const { requests: made, own } = await ownPath();
  const messages = made.messages.slice(0, requests);
  for (const message of messages) await own(message);
  const atOnce = () => Promise.resolve();
  const begin = { "all begun at once": () => atOnce, "one begun in each turn": inTurns };
  const answered = new Map<string, number[][]>(Object.keys(begin).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, order] of Object.entries(begin))
      answered.get(name)?.push(await answerTimes(messages, own, order()));
  const column = (times: number[][], share: number) =>
    `${Math.round(median(times.map((round) => quantile(round, share))))} ms`;
  const rows = [...answered].map(
    ([name, times]) =>
      `  ${name.padEnd(47)} first ${column(times, 1 / requests)}, p50 ${column(times, 0.5)}, p99 ${column(times, 0.99)}`,
  );
  process.stdout.write(
    `burst: ${requests} requests at once, answered by one process after, median of ${rounds} rounds\n${rows.join("\n")}\n`,
  );
}

function inTurns(): () => Promise<void> {
  const queue = new FairQueue();
  return () => queue.next();
}

/** Milliseconds after which each request is answered. */
async function answerTimes(
  messages: readonly Uint8Array[],
  own: (message: Uint8Array) => Promise<void>,
  turn: () => Promise<void>,
): Promise<number[]> {
  const start = performance.now();
  return Promise.all(
    messages.map(async (message) => {
      await turn();
      await own(message);
      return performance.now() - start;
    }),
  );
}
