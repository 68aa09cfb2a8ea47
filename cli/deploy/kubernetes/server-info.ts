import type { NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";
import { Jsz, Leafz, Routez, Varz } from "../../../runtime/client/monitoring";

const answer = <Data extends z.ZodType>(data: Data) => z.object({ server: z.object({ name: z.string() }), data });

/** Reports of servers, by server name. */
type Answers<Schema extends z.ZodType> = ReadonlyMap<string, z.output<Schema>>;
export interface ServerInfo {
  varz: Answers<typeof Varz>;
  routez: Answers<typeof Routez>;
  jsz: Answers<typeof Jsz>;
  leafz: Answers<typeof Leafz>;
}

const answersMs = 3000;

/** Requests a report from every server through the system account. */
async function ask<Schema extends z.ZodType>(
  sys: NatsConnection,
  what: string,
  data: Schema,
  options: object = {},
): Promise<Answers<Schema>> {
  const answers = new Map<string, z.output<Schema>>();
  const schema = answer(data);
  for await (const message of await sys.requestMany(`$SYS.REQ.SERVER.PING.${what}`, JSON.stringify(options), {
    maxWait: answersMs,
  })) {
    const { server, data } = schema.parse(message.json()) as { server: { name: string }; data: z.output<Schema> };
    answers.set(server.name, data);
  }
  return answers;
}

/** Collects every report that checks need. */
export async function collectServerInfo(sys: NatsConnection): Promise<ServerInfo> {
  const [varz, routez, jsz, leafz] = await Promise.all([
    ask(sys, "VARZ", Varz),
    ask(sys, "ROUTEZ", Routez),
    // Without their streams: of all accounts these may be thousands.
    ask(sys, "JSZ", Jsz, { accounts: true }),
    ask(sys, "LEAFZ", Leafz),
  ]);
  return { varz, routez, jsz, leafz };
}

/** Streams of one account, by server. */
export const streamsOf = (sys: NatsConnection, account: string): Promise<Answers<typeof Jsz>> =>
  ask(sys, "JSZ", Jsz, { account, accounts: true, streams: true });
