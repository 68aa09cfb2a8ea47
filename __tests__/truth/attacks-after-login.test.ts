import type { NatsConnection } from "nats";
import { fromSeed } from "nkeys.js";
import awsProduction from "../../environments/aws-production";
import demo from "../../environments/demo";
import ec2Production from "../../environments/ec2-production";
import territories from "../../environments/territories";
import type { EnvironmentInput } from "../../model/config";
import { defaultRelease } from "../../model/config/server-releases";
import { inboxPrefix, serviceInboxPrefix } from "../../runtime/client";
import { AttackedServer } from "../support/attacks/attacked-server";
import { onOneServer } from "../support/attacks/one-server";
import { eventually } from "../support/eventually";

/**
 * Family R of docs/attacks.md: what somebody who got in does with a service's hands. A request names where it is answered;
 * whoever answers may write to the inboxes of those who ask, and nowhere else.
 */

/** Who asks which service, on which subject. */
interface Asked {
  environment: EnvironmentInput;
  service: string;
  asker: { claims: Record<string, unknown> } | { service: string };
  subject: string;
  /** A stream, and a subject that it stores. */
  stream: string;
  stored: string;
  /** A subject that the service may not publish to, where it may publish to those of the stream, as the asker may. */
  elsewhere?: string;
}
const claims = { sub: "mallory", territory: "dk", roles: ["editor"] };
const asked: Record<string, Asked> = {
  demo: {
    ...{ environment: demo, service: "main-api", asker: { claims }, subject: "user.mallory.ask" },
    ...{ stream: "NEWS", stored: "news.forged" },
  },
  "aws-production": {
    ...{ environment: awsProduction, service: "main-api", asker: { claims }, subject: "api.mallory.ask" },
    ...{ stream: "API", stored: "api.bob.forged" },
  },
  "ec2-production": {
    ...{ environment: ec2Production, service: "state-manager", asker: { service: "http-gateway" } },
    ...{ subject: "svc.state-manager.ask", stream: "EVENTS", stored: "svc.event-bus.forged" },
    elsewhere: "svc.story-teller.forged",
  },
  territories: {
    ...{ environment: territories, service: "dk-api", asker: { claims }, subject: "territory.dk.user.mallory.ask" },
    ...{ stream: "TERRITORY_NO", stored: "territory.no.forged" },
  },
};

const servers: AttackedServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.remove();
});

async function request(connection: NatsConnection, subject: string, body: object = {}) {
  const answer = (await connection.request(subject, JSON.stringify(body), { timeout: 20_000 })).json<{
    error?: { description: string };
  }>();
  if (answer.error) throw new Error(`${subject}: ${answer.error.description}`);
  return answer as Record<string, unknown>;
}

/** Consumers that services of the environment use, each as service, stream and name. */
const used = ({ identity }: EnvironmentInput) =>
  Object.entries(identity.services ?? {}).flatMap(([service, { uses }]) =>
    (uses?.consumers ?? []).map((name) => [service, ...name.split("/")] as [string, string, string]),
  );

describe.each(Object.entries(asked))(
  "in %s",
  (_, { environment, service, asker, subject, stream, stored, elsewhere }) => {
    const server = new AttackedServer();
    const login = async () =>
      "claims" in asker ? { token: await server.token(asker.claims) } : { user: `service-${asker.service}` };
    const inboxOf = async () =>
      "claims" in asker
        ? inboxPrefix("mallory")
        : serviceInboxPrefix(
            fromSeed(new TextEncoder().encode(await server.seed(`user-service-${asker.service}`))).getPublicKey(),
          );
    /** How many messages the stream holds, and what the last one on the subject says. */
    const held = () =>
      server.as({ user: "streams-APP" }, async (connection) => {
        const { state } = (await request(connection, `$JS.API.STREAM.INFO.${stream}`)) as {
          state: { messages: number };
        };
        const last = { last_by_subj: stored };
        const found = request(connection, `$JS.API.STREAM.MSG.GET.${stream}`, last) as Promise<{
          message: { data: string };
        }>;
        const forged = await found.then(
          ({ message }) => Buffer.from(message.data, "base64").toString(),
          () => undefined,
        );
        return { messages: state.messages, forged };
      });

    beforeAll(async () => {
      servers.push(server);
      const small = onOneServer(environment);
      await server.start(small, defaultRelease);
      await server.startCallout();
      await server.as({ user: "streams-APP" }, async (connection) => {
        for (const { name, subjects } of small.streams ?? [])
          await request(connection, `$JS.API.STREAM.CREATE.${name}`, { name, subjects });
        await request(connection, stored.replace("forged", "first"));
      });
    });

    test("services pull and acknowledge what they use, with a client of NATS as it comes, and nothing else", async () => {
      const consumers = used(environment);
      expect(consumers.length).toBeGreaterThan(0);
      for (const [user, name, consumer] of consumers) {
        await server.as({ user: "streams-APP" }, async (connection) => {
          const config = { durable_name: consumer, ack_policy: "explicit", deliver_policy: "all" };
          await request(connection, `$JS.API.CONSUMER.CREATE.${name}.${consumer}`, { stream_name: name, config });
          const [first = ""] = (environment.streams ?? []).find((one) => one.name === name)?.subjects ?? [];
          await request(connection, first.replace(/\*/g, "x").replace(">", "pulled"));
        });
        await server.as({ user: `service-${user}` }, async (connection) => {
          const refused: string[] = [];
          void (async () => {
            for await (const { type, permissionContext } of connection.status())
              if (type === "error" && permissionContext) refused.push(permissionContext.subject);
          })();
          const jetstream = connection.jetstream({ timeout: 20_000 });
          const pulled = await jetstream.consumers.get(name, consumer);
          const message = await pulled.next({ expires: 20_000 });
          expect(await message?.ackAck({ timeout: 20_000 })).toBe(true);
          expect((await pulled.info()).num_ack_pending).toBe(0);
          expect(refused).toEqual([]);
          await expect(jetstream.consumers.get(name, "another")).rejects.toThrow(/permissions violation/i);
        });
      }
    });

    test("the service answers who asks", async () => {
      await server.as({ user: `service-${service}` }, async (answering) => {
        answering.subscribe(subject, { callback: (_, message) => void message.respond("answered") });
        await answering.flush();
        await server.as(await login(), async (asking) => {
          const inbox = `${await inboxOf()}.1.2`;
          const heard: string[] = [];
          asking.subscribe(inbox, { callback: (_, message) => void heard.push(message.string()) });
          asking.publish(subject, "?", { reply: inbox });
          await eventually("the answer", () => heard.includes("answered"));
        });
      });
    });

    test("its answer does not go where the request says: not to JetStream, a program's inbox or a stream", async () => {
      const before = await held();
      expect(before).toEqual({ messages: expect.any(Number), forged: undefined });
      const targets = [
        `$JS.API.STREAM.PURGE.${stream}`,
        `$JS.API.STREAM.DELETE.${stream}`,
        ...[
          "_NATSFORM.INBOX.backup.1",
          "_NATSFORM.INBOX.streams.1",
          "$SYS.REQ.ACCOUNT.PING.CONNZ",
          elsewhere ?? stored,
        ],
      ];
      const received: string[] = [];
      const refused: string[] = [];
      await server.as({ user: `service-${service}` }, async (answering) => {
        void (async () => {
          for await (const { type, permissionContext } of answering.status())
            if (type === "error" && permissionContext) refused.push(permissionContext.subject);
        })();
        answering.subscribe(subject, {
          callback: (_, message) => {
            received.push(message.reply ?? "");
            message.respond("{}");
          },
        });
        await answering.flush();
        await server.as(await login(), async (asking) => {
          for (const reply of targets) asking.publish(subject, "?", { reply });
          await asking.flush();
          await eventually("every request is received", () => targets.every((target) => received.includes(target)));
          await answering.flush();
          await eventually("every answer is refused", () => targets.every((target) => refused.includes(target)));
        });
      });
      const after = await held();
      expect(after.messages).toBeGreaterThanOrEqual(before.messages);
      // What is stored itself is acknowledged by the server, wherever its sender says: that is NATS, and no service's answer.
      if (after.forged !== undefined)
        expect(JSON.parse(after.forged)).toMatchObject({ stream: expect.any(String), seq: expect.any(Number) });
    });
  },
);
