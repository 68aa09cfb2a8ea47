import { z } from "zod";

const word = z.string().min(1);

/** A consumer whose waiting messages say how many processes of a service there shall be. */
export const WatchedConsumer = z.strictObject({
  service: word,
  stream: word,
  consumer: word,
  /** First part of the subjects of JetStream's interface: another one where the stream is of another cluster. */
  api: word,
  /** Service of ECS that runs it, where ECS does. */
  ecsService: word.optional(),
});
export type WatchedConsumer = z.output<typeof WatchedConsumer>;
