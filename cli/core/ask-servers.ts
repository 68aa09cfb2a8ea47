import type { NatsConnection } from "@nats-io/transport-node";
import { z } from "zod";

/** Reports of servers, by server name. */
export type Answers<Report> = ReadonlyMap<string, Report>;

const answersMs = 3000;

/**
 * Asks every server of a cluster for a report, through the system account. Servers that are away give none.
 *
 * @param what `VARZ`, `JSZ` and the like
 * @param expected names of servers: nobody else is waited for; default: as many answers as come within 3 s
 */
export async function askServers<Schema extends z.ZodType>(
  connection: NatsConnection,
  what: string,
  data: Schema,
  { options = {}, expected }: { options?: object; expected?: readonly string[] } = {},
): Promise<Answers<z.output<Schema>>> {
  const answer = z.object({ server: z.object({ name: z.string() }), data });
  const answers = new Map<string, z.output<Schema>>();
  const subject = `$SYS.REQ.SERVER.PING.${what}`;
  for await (const message of await connection.requestMany(subject, JSON.stringify(options), { maxWait: answersMs })) {
    const { server, data } = answer.parse(message.json()) as { server: { name: string }; data: z.output<Schema> };
    answers.set(server.name, data);
    if (expected?.every((name) => answers.has(name))) break;
  }
  return answers;
}
