import { readFileSync, rmSync } from "node:fs";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import type { EnvironmentInput } from "../../model/config";
import { defaultRelease, testedReleases } from "../../model/config/server-releases";
import type { NatsClient } from "../../runtime/client";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { app, core, oidc, orders, permissions, threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";
import { compare, figures, type Publisher, startPublisher, storedIds } from "../support/twin-publisher";

/*
 * The ten changes of docs/changing-a-cluster.md, one after another on one twin that is published to all the time. After each, every
 * row of verify is true; at the end, everything that was acknowledged is there once.
 */

const name = "changing";
const project = new TestProject();
const twin = new TestTwin(project, name);
/** Zones are not told apart: streams of five servers have to have a place. */
const jetstream = { ...core.jetstream, uniqueTag: undefined };
const backup = { to: "s3://backups/changing", retention: "30d" } as const;
const [, before = defaultRelease] = testedReleases;

/** The environment as the changes before left it. */
let environment: EnvironmentInput = threeServers(name, {
  nats: { version: before },
  clusters: { core: { ...core, jetstream, backup } },
});
const cluster = (fields: object): Partial<EnvironmentInput> => ({
  clusters: { core: { ...environment.clusters.core, ...fields } as EnvironmentInput["clusters"][string] },
});

let client: NatsClient;
let publisher: Publisher;
/** A program that logged in with a token, as it comes: how often its connection was closed. */
let user: NatsConnection;
let closed = 0;

beforeAll(async () => {
  await twin.up(environment);
  client = twin.client(twin.service());
  publisher = startPublisher(client, "orders.changing", "m", 20);
  const { servers, caFile } = twin.connectFile();
  user = await connect({
    ...{ servers: servers.map((server) => server.client), token: await twin.token("dave") },
    ...{ tls: { ca: readFileSync(caFile, "utf8") }, maxReconnectAttempts: -1, reconnectTimeWait: 100 },
  });
  void (async () => {
    for await (const status of user.status()) if (status.type === "disconnect") closed++;
  })();
});
afterAll(async () => {
  await publisher?.stop();
  await user?.close();
  await twin.close();
  await project.remove();
});

interface Change {
  what: string;
  change: () => Partial<EnvironmentInput>;
  /** What `up` says of the servers. */
  servers: string;
  /** How often a program with a token has to come back at most: once for each server that is restarted or reloaded. */
  closes: number;
  /** Before `up`, where a change is none of the environment. */
  first?: () => void;
}

const more = { ...orders, name: "NEWS", subjects: ["news.>"] };
const changes: Change[] = [
  { what: "another release", change: () => ({ nats: { version: defaultRelease } }), servers: "3 restarted", closes: 3 },
  {
    what: "larger messages",
    change: () => ({ nats: { version: defaultRelease, maxPayload: "2MiB" } }),
    ...{ servers: "3 reloaded", closes: 3 },
  },
  { what: "one more stream", change: () => ({ streams: [orders, more] }), servers: "3 kept", closes: 0 },
  { what: "one more account", change: () => ({ accounts: { APP: {}, DESK: {} } }), servers: "3 restarted", closes: 3 },
  {
    what: "other permissions",
    change: () => ({
      identity: {
        ...{ mode: "callout", oidc, services: { api: app } },
        permissions: permissions.map((one) => ({ ...one, publish: { allow: ["user.{sub}.one"] } })),
      },
    }),
    ...{ servers: "3 kept", closes: 0 },
  },
  {
    what: "certificates that are issued again",
    first: () => {
      const { cert, key } = twin.folder.certificate("core", "routes");
      for (const file of [cert, key]) rmSync(file);
    },
    change: () => ({}),
    ...{ servers: "3 reloaded", closes: 3 },
  },
  { what: "two more servers", change: () => cluster({ size: 5 }), servers: "2 started", closes: 3 },
  { what: "two servers fewer", change: () => cluster({ size: 3 }), servers: "3 reloaded", closes: 4 },
  { what: "the backup is removed", change: () => cluster({ backup: undefined }), servers: "3 restarted", closes: 3 },
];

/** While everybody publishes: acknowledgements before, and after. */
async function underLoad<T>(work: () => Promise<T>): Promise<T> {
  const result = await work();
  const reached = publisher.count();
  await eventually("acknowledgements", () => publisher.count() > reached + 20);
  return result;
}

async function rowsAreTrue(): Promise<void> {
  const { rows } = await twin.verify();
  expect(rows.filter(({ ok }) => !ok)).toEqual([]);
}

test("a key that no step leads to is refused, and nothing is touched", async () => {
  const was = { pids: twin.pids(), digests: await twin.digests() };
  project.write({ ...environment, ...cluster({ natsName: "renamed" }) });
  const { code, stderr } = await underLoad(() => project.natsform("up", name, "--yes"));
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("clusters.core.natsName: ") });
  expect({ pids: twin.pids(), digests: await twin.digests(), closed }).toEqual({ ...was, closed: 0 });
});

test.each(changes)("$what: $servers", async ({ first, change, servers, closes }) => {
  first?.();
  environment = { ...environment, ...change() };
  const was = closed;
  const said = await underLoad(() => twin.up(environment));
  expect(said).toContain(servers);
  await eventually("the program with a token is back", () => user.flush().then(() => true));
  console.info(`closed ${closed - was} times`);
  expect(closed - was).toBeLessThanOrEqual(closes);
  await rowsAreTrue();
});

test("nothing that was acknowledged is lost, and the replicas hold the same", async () => {
  const published = await publisher.stop();
  console.info(`ten changes: ${figures(published)}`);
  const stored = await twin.read((reader) => storedIds(reader, "ORDERS"));
  expect(compare(stored, published)).toEqual({ lost: [], twice: [] });
  expect(published.failed).toEqual([]);
  const { verdict, streams } = JSON.parse(await project.run("audit", name, "--json"));
  expect([verdict, streams.length]).toEqual(["agree", 2]);
  await twin.read(async (reader) => {
    const { streams: known } = await jetstreamManager(await reader.connection(), { checkAPI: false });
    expect((await known.info("ORDERS")).cluster?.replicas).toHaveLength(2);
  });
});
