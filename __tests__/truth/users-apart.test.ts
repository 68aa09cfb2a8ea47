import type { NatsConnection } from "nats";
import kubernetesProduction from "../../environments/kubernetes-production";
import type { EnvironmentInput } from "../../model/config";
import { defaultRelease } from "../../model/config/server-releases";
import { inboxPrefix } from "../../runtime/client";
import { AttackedServer } from "../support/attacks/attacked-server";
import { onOneServer } from "../support/attacks/one-server";
import { eventually } from "../support/eventually";

/**
 * Family U of docs/attacks.md: users in an account of their own, as in the shipped environment, ask services of another.
 * A server acknowledges and answers wherever whoever asks says; over an import that is a subject of the users' account.
 */

/** The shipped pattern, and beside it what it is held against: users in the streams' account, and a literal import. */
function environment(mode: "callout" | "operator"): EnvironmentInput {
  const { identity, accounts, ...rest } = kubernetesProduction;
  const { oidc, permissions, services } = identity;
  const news = { stream: "news.>", accounts: ["USERS"] };
  return onOneServer({
    ...rest,
    identity: {
      ...{ mode, oidc },
      permissions: [
        { account: "APP", when: [{ claim: "kept", equals: "together" }], publish: { allow: ["test.{sub}.>"] } },
        ...permissions.map((rule) => ({
          ...rule,
          publish: { allow: ["ask.{sub}.>", "test.{sub}.>"] },
          subscribe: { allow: ["heard.>"] },
        })),
      ],
      services: {
        ...services,
        closer: { account: "APP", subscribe: { allow: ["close"] }, publish: { allow: ["news.>"] } },
      },
    },
    accounts: {
      ...accounts,
      APP: { exports: [...(accounts?.APP?.exports ?? []), { service: "test.*.>" }, { service: "close" }, news] },
      USERS: {
        ...accounts?.USERS,
        imports: [
          ...(accounts?.USERS?.imports ?? []),
          { service: { account: "APP", subject: "test.*.>" } },
          { service: { account: "APP", subject: "close" }, to: "shut" },
          { stream: { account: "APP", subject: "news.*.>" }, to: "heard.*.>" },
        ],
      },
    },
  });
}

describe.each(["callout", "operator"] as const)("in mode %s", (mode) => {
  const server = new AttackedServer();
  const stream = "TEST";
  beforeAll(async () => {
    await server.start(environment(mode), defaultRelease);
    await server.startCallout();
    await asStreams((connection) => request(connection, `$JS.API.STREAM.CREATE.${stream}`, created));
  });
  afterAll(() => server.remove());
  const created = { name: stream, subjects: ["test.>"], num_replicas: 1 };

  const asStreams = <T>(run: (connection: NatsConnection) => Promise<T>) => server.as({ user: "streams-APP" }, run);
  const as = async <T>(sub: string, run: (connection: NatsConnection) => Promise<T>, claims: object = {}) =>
    server.as({ token: await server.token({ sub, ...claims }), inboxPrefix: inboxPrefix(sub) }, run);
  /** Subjects of the stream, each with the number of its messages. */
  const stored = () =>
    asStreams(async (connection) => {
      const { state } = await request(connection, `$JS.API.STREAM.INFO.${stream}`, { subjects_filter: ">" });
      return (state as { subjects?: Record<string, number> }).subjects ?? {};
    });

  test("users ask a service of another account, and it answers with the rights that it has", async () => {
    await server.as({ user: "service-desk" }, async (desk) => {
      const refused = violations(desk);
      desk.subscribe("ask.>", { callback: (_, message) => void message.respond(`answered ${message.subject}`) });
      await desk.flush();
      await as("mallory", async (asking) => {
        expect((await asking.request("ask.mallory.time", "?", { timeout: 20_000 })).string()).toBe(
          "answered ask.mallory.time",
        );
        await expect(asking.request("ask.bob.time", "?", { timeout: 20_000 })).rejects.toThrow(
          /permissions violation/i,
        );
      });
      expect(refused).toEqual([]);
    });
  });

  test("users hear what another account publishes, on subjects of their own", async () => {
    await as("mallory", async (hearing) => {
      const heard: string[] = [];
      hearing.subscribe("heard.>", {
        callback: (_, message) => void heard.push(`${message.subject} ${message.string()}`),
      });
      await hearing.flush();
      await server.as({ user: "service-closer" }, async (closer) => {
        closer.publish("news.local.today", "sunny");
        await closer.flush();
      });
      await eventually("it is heard", () => heard.length > 0);
      expect(heard).toEqual(["heard.local.today sunny"]);
    });
  });

  test("users who are together with a stream have its acknowledgement stored as somebody else's message", async () => {
    await as(
      "mallory",
      async (publishing) => {
        publishing.publish("test.mallory.placed", "mine", { reply: "test.bob.forged" });
        await publishing.flush();
        await eventually("it is stored", async () => (await stored())["test.bob.forged"] === 1);
      },
      { kept: "together" },
    );
  });

  test("over an import a stream stores and acknowledges, and nothing on the subject of somebody else", async () => {
    const before = await stored();
    await as("mallory", async (publishing) => {
      for (const reply of ["test.bob.again", "test.bob.placed", "$JS.API.STREAM.PURGE.TEST"])
        publishing.publish("test.mallory.again", "mine", { reply });
      const acknowledgement = await publishing.request("test.mallory.again", "mine", { timeout: 20_000 });
      expect(acknowledgement.json()).toMatchObject({ stream, seq: expect.any(Number) });
    });
    expect(await stored()).toEqual({ ...before, "test.mallory.again": 4 });
  });

  test("the service's answer goes nowhere in its own account, whatever the request says", async () => {
    const before = await stored();
    const replies = ["test.bob.answered", "ask.bob.answered", "$JS.API.STREAM.PURGE.TEST", "_NATSFORM.INBOX.streams.1"];
    const asked: string[] = [];
    await server.as({ user: "service-desk" }, async (desk) => {
      desk.subscribe("ask.>", {
        callback: (_, message) => {
          asked.push(message.subject);
          message.respond("{}");
        },
      });
      await desk.flush();
      await as("mallory", async (asking) => {
        for (const reply of replies) asking.publish("ask.mallory.x", "?", { reply });
        await asking.request("ask.mallory.last", "?", { timeout: 20_000 });
      });
      await desk.flush();
    });
    expect(asked).toEqual([...replies.map(() => "ask.mallory.x"), "ask.mallory.last"]);
    expect(await stored()).toEqual(before);
  });

  test("answers-into-imports: an answer is sent on over the import of a literal subject, whoever may publish there", async () => {
    const closed: string[] = [];
    await server.as({ user: "service-closer" }, async (closer) => {
      closer.subscribe("close", { callback: (_, message) => void closed.push(message.string()) });
      await closer.flush();
      await server.as({ user: "service-desk" }, async (desk) => {
        desk.subscribe("ask.>", { callback: (_, message) => void message.respond("sent on") });
        await desk.flush();
        await as("mallory", async (asking) => {
          await expect(asking.request("shut", "?", { timeout: 20_000 })).rejects.toThrow(/permissions violation/i);
          asking.publish("ask.mallory.x", "?", { reply: "shut" });
          await asking.flush();
          await eventually("it is sent on", () => closed.length > 0);
        });
      });
    });
    expect(closed).toEqual(["sent on"]);
  });
});

async function request(connection: NatsConnection, subject: string, body: object = {}) {
  const answer = (await connection.request(subject, JSON.stringify(body), { timeout: 20_000 })).json<
    Record<string, unknown> & { error?: { description: string } }
  >();
  if (answer.error) throw new Error(`${subject}: ${answer.error.description}`);
  return answer;
}

/** Subjects that the server refuses the connection, as they come. */
function violations(connection: NatsConnection): string[] {
  const refused: string[] = [];
  void (async () => {
    for await (const { type, permissionContext } of connection.status())
      if (type === "error" && permissionContext) refused.push(permissionContext.subject);
  })();
  return refused;
}
