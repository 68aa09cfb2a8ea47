import type { NatsConnection } from "nats";
import { z } from "zod";

const answer = <Data extends z.ZodType>(data: Data) => z.object({ server: z.object({ name: z.string() }), data });

const Varz = z.object({
  version: z.string(),
  cluster: z.object({ name: z.string().optional() }).optional(),
  config_load_time: z.string().optional(),
});
const Routez = z.object({ routes: z.array(z.object({ remote_name: z.string().optional() })).nullish() });
const Jsz = z.object({
  meta_cluster: z
    .object({
      leader: z.string().optional(),
      cluster_size: z.number(),
      replicas: z
        .array(z.object({ name: z.string(), current: z.boolean(), offline: z.boolean().optional() }))
        .nullish(),
    })
    .optional(),
});
const Leafz = z.object({ leafs: z.array(z.object({ name: z.string().default(""), account: z.string() })).nullish() });

/** What servers say of themselves, by their names. */
type Said<Schema extends z.ZodType> = ReadonlyMap<string, z.output<Schema>>;
export interface ServersSay {
  varz: Said<typeof Varz>;
  routez: Said<typeof Routez>;
  jsz: Said<typeof Jsz>;
  leafz: Said<typeof Leafz>;
}

const answersMs = 3000;

/** Asks every server by the system account. */
async function ask<Schema extends z.ZodType>(sys: NatsConnection, what: string, data: Schema): Promise<Said<Schema>> {
  const said = new Map<string, z.output<Schema>>();
  const schema = answer(data);
  for await (const message of await sys.requestMany(`$SYS.REQ.SERVER.PING.${what}`, "{}", { maxWait: answersMs })) {
    const { server, data } = schema.parse(message.json()) as { server: { name: string }; data: z.output<Schema> };
    said.set(server.name, data);
  }
  return said;
}

/** Asks all that is looked at. */
export async function askServers(sys: NatsConnection): Promise<ServersSay> {
  const [varz, routez, jsz, leafz] = await Promise.all([
    ask(sys, "VARZ", Varz),
    ask(sys, "ROUTEZ", Routez),
    ask(sys, "JSZ", Jsz),
    ask(sys, "LEAFZ", Leafz),
  ]);
  return { varz, routez, jsz, leafz };
}
