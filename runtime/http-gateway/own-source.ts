import { type JetStreamManager, jetstreamManager, type SeqMsgRequest } from "@nats-io/jetstream";
import type { NatsClient } from "../client";
import type { Source } from "./feed";
import type { ReadStored } from "./handlers";
import { Problem } from "./problems";
import { answersPing } from "./user-connection";

/** What a gateway hears and reads as itself, over the one connection that it keeps for as long as it runs. */
export function ownSource(client: NatsClient): Source & { stored: ReadStored } {
  const manager = async (): Promise<JetStreamManager> =>
    // What it may ask of JetStream is its streams alone, and not whether there is one.
    jetstreamManager(await client.connection(), { checkAPI: false, timeout: 5000 });
  return {
    async listen(subject, heard) {
      const connection = await client.connection();
      const subscription = connection.subscribe(subject, {
        callback: (error, { subject: of, data }) => {
          if (!error) heard({ subject: of, data });
        },
      });
      if (!(await answersPing(connection))) {
        subscription.unsubscribe();
        throw new Problem("cluster-away");
      }
      return () => subscription.unsubscribe();
    },
    async held(stream) {
      const { created, state } = await (await manager()).streams.info(stream);
      return { created: Date.parse(created), first: state.first_seq, last: state.last_seq };
    },
    async next(stream, subject, from) {
      // The library knows this of direct reads alone; servers know it of both.
      const query = { seq: from, next_by_subj: subject } as SeqMsgRequest;
      const message = await (await manager()).streams.getMessage(stream, query);
      return message ? { subject: message.subject, data: message.data, sequence: message.seq } : undefined;
    },
    async stored(stream, sequence) {
      const message = await (await manager()).streams.getMessage(stream, { seq: sequence });
      return message ? { subject: message.subject, data: message.data } : undefined;
    },
  };
}
