import type { NatsConnection } from "nats";
import type { EnvironmentInput } from "../../model/config";
import { defaultRelease } from "../../model/config/server-releases";
import { AttackedServer } from "../support/attacks/attacked-server";
import { onOneServer } from "../support/attacks/one-server";
import { eventually } from "../support/eventually";

/** The evidence of the rules direct-read-by-users and direct-read-of-what-is-written: whose subject is `a.x`, and what it holds. */
const stream = (name: string, allowDirect: boolean) => ({
  ...{ name, cluster: "core", subjects: [`${name.toLowerCase()}.>`], allowDirect },
});
const environment = (): EnvironmentInput =>
  onOneServer({
    name: "attacked",
    identity: {
      mode: "callout",
      oidc: { issuer: "https://id.example.com/", audience: "nats" },
      permissions: [{ account: "APP", publish: { allow: ["user.{sub}.>"] } }],
      services: { reader: { account: "APP", uses: { streams: ["A", "C"] } } },
    },
    clusters: {},
    streams: [stream("A", true), stream("B", true), stream("C", false)],
  });

const server = new AttackedServer();
beforeAll(async () => {
  await server.start(environment(), defaultRelease);
  await server.startCallout();
  await asStreams(async (connection) => {
    for (const [name, allow_direct] of [
      ["A", true],
      ["B", true],
      ["C", false],
    ] as const)
      await request(connection, `$JS.API.STREAM.CREATE.${name}`, {
        name,
        subjects: [`${name.toLowerCase()}.>`],
        allow_direct,
      });
    for (const subject of ["a.x", "c.x"]) await request(connection, subject, { keep: 1 });
  });
});
afterAll(() => server.remove());

const asStreams = <T>(run: (connection: NatsConnection) => Promise<T>) => server.as({ user: "streams-APP" }, run);
const asReader = <T>(run: (connection: NatsConnection) => Promise<T>) => server.as({ user: "service-reader" }, run);
async function request(connection: NatsConnection, subject: string, body: object = {}) {
  const answer = await connection.request(subject, JSON.stringify(body), { timeout: 20_000 });
  return answer.json<{ state?: { messages: number } }>();
}
/** Three messages in B. */
const fill = () =>
  asStreams(async (connection) => {
    await request(connection, "$JS.API.STREAM.PURGE.B");
    for (const body of [1, 2, 3]) await request(connection, "b.x", { body });
  });
const inB = () =>
  asStreams(async (connection) => (await request(connection, "$JS.API.STREAM.INFO.B")).state?.messages ?? -1);

test("a direct read whose answer is to go to JetStream's interface is a request there, with what is stored as its content", async () => {
  await fill();
  await asReader(async (connection) => {
    connection.publish("$JS.API.DIRECT.GET.A.a.x", "", { reply: "$JS.API.STREAM.PURGE.B" });
    await connection.flush();
    await eventually("B is purged", async () => (await inB()) === 1);
  });
});

test("what is read by STREAM.MSG.GET does not get there, and is all that a service may of a stream without direct reads", async () => {
  await fill();
  await asReader(async (connection) => {
    for (const name of ["A", "C"])
      connection.publish(
        `$JS.API.STREAM.MSG.GET.${name}`,
        JSON.stringify({ last_by_subj: `${name.toLowerCase()}.x` }),
        {
          reply: "$JS.API.STREAM.PURGE.B",
        },
      );
    const read = await request(connection, "$JS.API.STREAM.MSG.GET.C", { last_by_subj: "c.x" });
    expect(read).toMatchObject({ message: { subject: "c.x" } });
    await expect(connection.request("$JS.API.DIRECT.GET.C.c.x", "", { timeout: 20_000 })).rejects.toThrow(
      /permissions violation/i,
    );
  });
  expect(await inB()).toBe(3);
});
