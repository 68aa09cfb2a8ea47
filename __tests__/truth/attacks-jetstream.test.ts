import { connect, type NatsConnection } from "nats";
import { findNatsServer } from "../../cli/core/tools";
import { defaultRelease } from "../../model/config/server-releases";
import { makeFolder, type NatsServer, removeFolder, startNatsServer } from "../support/callout-nats-server";
import { eventually } from "../support/eventually";

/**
 * Family S3 of docs/attacks.md where a server itself has to hold: one account's JetStream API on another's streams
 * (CVE-2025-30215), and a right to restore one stream used for another (CVE-2026-33222).
 */

const current = defaultRelease;
const folder = makeFolder();
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  removeFolder(folder);
});

/** Two accounts with a stream each; `restorer` may restore one stream of APP and nothing else. */
async function start(version: string): Promise<NatsServer> {
  const program = findNatsServer(version);
  if (!program) throw new Error(`nats-server ${version} is not built`);
  const server = await startNatsServer(
    folder,
    `server_name: jetstream
     system_account: SYS
     jetstream { store_dir: "STORE_DIR" }
     accounts {
       SYS { users: [{ user: sys, password: sys }] }
       APP {
         jetstream: enabled
         users: [
           { user: app, password: app }
           { user: restorer, password: restorer, permissions {
             publish: ["$JS.API.STREAM.RESTORE.MINE", "$JS.SNAPSHOT.RESTORE.>"], subscribe: "_INBOX.>"
           } }
         ]
       }
       OTHER { jetstream: enabled, users: [{ user: other, password: other }] }
     }`,
    undefined,
    program,
  );
  stops.push(() => server.stop());
  await as(server, "other", (other) => ask(other, "STREAM.CREATE.THEIRS", { name: "THEIRS", subjects: ["theirs.>"] }));
  await as(server, "app", (app) => ask(app, "STREAM.CREATE.OURS", { name: "OURS", subjects: ["ours.>"] }));
  return server;
}

async function as<T>(server: NatsServer, user: string, run: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const connection = await connect({ servers: server.url, user, pass: user, reconnect: false, timeout: 20_000 });
  try {
    return await run(connection);
  } finally {
    await connection.close();
  }
}

interface Answer {
  error?: { code: number; description: string };
  deliver_subject?: string;
  streams?: string[] | null;
}
const ask = async (connection: NatsConnection, call: string, body: object = {}): Promise<Answer> =>
  (await connection.request(`$JS.API.${call}`, JSON.stringify(body), { timeout: 20_000 })).json<Answer>();
const streamsOf = (server: NatsServer, user: string) =>
  as(server, user, async (connection) => (await ask(connection, "STREAM.NAMES")).streams ?? []);

/** Asks to restore one stream with the configuration of another; what the server says to it. */
const restoreAnother = (server: NatsServer) =>
  as(server, "restorer", async (restorer) => {
    const answer = await ask(restorer, "STREAM.RESTORE.MINE", {
      config: { name: "ANOTHER", subjects: ["another"], retention: "limits", storage: "file", num_replicas: 1 },
      state: { messages: 0, bytes: 0, first_seq: 0, last_seq: 0, consumer_count: 0 },
    });
    // Nothing behind it: the server stops waiting for data.
    if (answer.deliver_subject) await restorer.request(answer.deliver_subject, "", { timeout: 20_000 });
    return answer.error?.description ?? `send the data to ${answer.deliver_subject}`;
  });

describe(`on ${current}`, () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await start(current);
  });

  test("S3: who may do everything in one account changes nothing of another's streams", async () => {
    await as(server, "app", async (app) => {
      for (const call of ["INFO", "PURGE", "DELETE", "UPDATE", "SNAPSHOT", "MSG.DELETE", "PEER.REMOVE"]) {
        const body = call === "UPDATE" ? { name: "THEIRS", subjects: ["stolen"] } : { seq: 1, peer: "x" };
        const request = call === "SNAPSHOT" ? { deliver_subject: "_INBOX.x" } : body;
        expect(await ask(app, `STREAM.${call}.THEIRS`, request)).toMatchObject({ error: expect.anything() });
      }
      // What is for the system account alone gets no answer at all.
      for (const call of [
        "ACCOUNT.PURGE.OTHER",
        "ACCOUNT.STREAM.MOVE.OTHER.THEIRS",
        "ACCOUNT.STREAM.CANCEL_MOVE.OTHER.THEIRS",
      ])
        app.publish(`$JS.API.${call}`, "{}");
      await app.flush();
      // The API takes its requests one after the other.
      expect((await ask(app, "STREAM.NAMES")).streams).toEqual(["OURS"]);
    });
    expect(await streamsOf(server, "other")).toEqual(["THEIRS"]);
  });

  test("S3: the same request works for the system user, so that it is one", async () => {
    await as(server, "sys", (sys) => ask(sys, "ACCOUNT.PURGE.OTHER"));
    await eventually("purge", async () => (await streamsOf(server, "other")).length === 0);
  });

  test("S3: the right to restore one stream restores no other", async () => {
    expect(await restoreAnother(server)).toBe("stream name in subject does not match request");
  });
});

const onOld = findNatsServer("2.12.1") ? test : test.skip;
onOld("S3: 2.12.1 took the data of another stream (control, skipped without nats-server 2.12.1)", async () => {
  expect(await restoreAnother(await start("2.12.1"))).toContain("send the data to $JS.SNAPSHOT.RESTORE");
});

const onVulnerable = findNatsServer("2.10.26") ? test : test.skip;
onVulnerable("S3: 2.10.26 let one account purge another (control, skipped without nats-server 2.10.26)", async () => {
  const server = await start("2.10.26");
  expect(await streamsOf(server, "other")).toEqual(["THEIRS"]);
  await as(server, "app", async (app) => {
    app.publish("$JS.API.ACCOUNT.PURGE.OTHER", "{}");
    await app.flush();
  });
  await eventually("purge", async () => (await streamsOf(server, "other")).length === 0);
});
