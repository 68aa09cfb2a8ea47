import { readFileSync } from "node:fs";
import { type ConnectionOptions, connect, headers, type NatsConnection } from "nats";
import { findNatsServer } from "../../cli/core/tools";
import { defaultRelease } from "../../model/config/server-releases";
import { type RawConnection, rawNats } from "../support/attacks/raw";
import {
  freePort,
  makeCertificate,
  makeFolder,
  type NatsServer,
  removeFolder,
  startNatsServer,
} from "../support/callout-nats-server";
import { eventually } from "../support/eventually";

/**
 * Families S5 and S6 of docs/attacks.md across routes and leaf nodes: what is denied on one server is denied for the
 * user of another. Older servers that fell are shown to fall: the control that the attack is a real one.
 */

const current = defaultRelease;
const folder = makeFolder();
const { certFile, keyFile } = makeCertificate(folder);
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  removeFolder(folder);
});

/** Two servers of a cluster and one behind a leaf node. */
interface Neighbours {
  hub: NatsServer;
  peer: NatsServer;
  spoke: NatsServer;
  leafPort: number;
}

const perUser = (login: string, permissions: string) =>
  `{ user: ${login}, password: ${login}, permissions { ${permissions} } }`;
const users = `
  { user: api, password: api }
  ${perUser("alice", 'publish: "user.alice.>", subscribe { allow: ["news.>"], deny: ["news.internal"] }')}
  ${perUser("leaf", 'publish: "user.alice.>", subscribe { allow: ["news.>", "work.>"], deny: ["news.internal", "work.secret workers"] }')}`;

async function startNeighbours(version: string): Promise<Neighbours> {
  const program = findNatsServer(version);
  if (!program) throw new Error(`nats-server ${version} is not built`);
  const [routeA, routeB, leafPort] = [await freePort(), await freePort(), await freePort()];
  const start = async (configuration: string) => {
    const server = await startNatsServer(folder, configuration, undefined, program);
    stops.push(() => server.stop());
    return server;
  };
  const member = (name: string, own: number, other: number, more = "") => `
    server_name: ${name}
    accounts { APP { users: [${users}] } }
    cluster { name: core, listen: "127.0.0.1:${own}", pool_size: -1, routes: ["nats-route://127.0.0.1:${other}"] }
    ${more}`;
  const tls = `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`;
  const hub = await start(member("hub", routeA, routeB, `leafnodes { listen: "127.0.0.1:${leafPort}", ${tls} }`));
  const peer = await start(member("peer", routeB, routeA));
  const spoke = await start(`
    server_name: spoke
    leafnodes { remotes: [{ url: "tls://leaf:leaf@127.0.0.1:${leafPort}", tls { ca_file: "${certFile}" } }] }`);
  await eventually("route", () => peer.log().includes("Route connection created"), 60);
  await eventually("leaf node", () => spoke.log().includes("Leafnode connection created"), 60);
  return { hub, peer, spoke, leafPort };
}

async function as<T>(server: NatsServer, user: string, run: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const login: ConnectionOptions = user === "" ? {} : { user, pass: user };
  const connection = await connect({ servers: server.url, reconnect: false, timeout: 20_000, ...login });
  try {
    return await run(connection);
  } finally {
    await connection.close();
  }
}

/** Subscriptions of one connection, and what each of them heard. */
function listen(connection: NatsConnection, ...to: [subject: string, queue?: string][]) {
  const heard: Record<string, string[]> = {};
  for (const [subject, queue] of to) {
    const name = queue ? `${subject} ${queue}` : subject;
    heard[name] = [];
    connection.subscribe(subject, {
      callback: (error, message) => error || heard[name]?.push(message.subject),
      ...(queue && { queue }),
    });
  }
  return heard;
}

/**
 * Publishes until the last of the subjects has come through to everybody: interest takes its time to cross a link, and
 * messages of one connection keep their order.
 */
async function publishUntilHeard(api: NatsConnection, subjects: string[], arrived: () => boolean): Promise<void> {
  await eventually(
    "message across the link",
    async () => {
      for (const subject of subjects) api.publish(subject);
      await api.flush();
      return arrived();
    },
    60,
  );
}

const hears = (heard: Record<string, string[]>, subject: string) =>
  Object.values(heard).every((subjects) => subjects.includes(subject));

/** What a user of another server hears of a subject that is denied to it, and of the one behind it. */
const overRoute = ({ hub, peer }: Neighbours) =>
  as(peer, "alice", async (alice) => {
    const heard = listen(alice, ["news.*"], ["news.>"], ["news.*", "q"], ["news.>", "r"]);
    await alice.flush();
    await as(hub, "api", (api) =>
      publishUntilHeard(api, ["news.internal", "news.last"], () => hears(heard, "news.last")),
    );
    return heard;
  });

/** The same behind a leaf node, whose user may not hear it either, though everybody on the spoke may. */
const overLeaf = ({ hub, spoke }: Neighbours) =>
  as(spoke, "", async (anybody) => {
    const heard = listen(anybody, ["news.*"], ["news.>"], ["news.*", "q"], ["news.>", "r"]);
    await anybody.flush();
    await as(hub, "api", (api) =>
      publishUntilHeard(api, ["news.internal", "news.last"], () => hears(heard, "news.last")),
    );
    return heard;
  });

/** A subject that is denied to one queue group and not to another. */
const queueOverLeaf = ({ hub, spoke }: Neighbours) =>
  as(spoke, "", async (anybody) => {
    const heard = listen(anybody, ["work.secret", "workers"], ["work.secret", "auditors"], ["work.*", "both"]);
    await anybody.flush();
    await as(hub, "api", async (api) => {
      await publishUntilHeard(api, ["work.secret"], () =>
        ["work.secret auditors", "work.* both"].every((name) => heard[name]?.length),
      );
      // Behind it, so that what was on its way is there.
      await publishUntilHeard(api, ["work.last"], () => heard["work.* both"]?.includes("work.last") ?? false);
    });
    return heard["work.secret workers"] ?? [];
  });

/** Where traces of alice's messages arrive, who publishes on the peer, below subjects of others. */
const tracesOverRoute = ({ hub, peer }: Neighbours) =>
  as(hub, "api", async (api) => {
    const heard: string[] = [];
    api.subscribe("user.>", { callback: (_, { subject }) => heard.push(subject) });
    api.subscribe("news.>", { callback: (_, { subject }) => heard.push(subject) });
    await api.flush();
    await as(peer, "alice", async (alice) => {
      await publishUntilHeard(alice, ["user.alice.first"], () => heard.includes("user.alice.first"));
      for (const destination of ["user.bob.trace", "news.internal", "user.alice.trace"]) {
        const header = headers();
        header.set("Nats-Trace-Dest", destination);
        alice.publish("user.alice.traced", "", { headers: header });
      }
      await eventually("permitted trace", () => heard.includes("user.alice.trace"), 60);
      await publishUntilHeard(alice, ["user.alice.last"], () => heard.includes("user.alice.last"));
    });
    return heard.filter((subject) => !subject.startsWith("user.alice."));
  });

/** The same from whoever speaks the protocol of leaf nodes itself, with the login of one. */
const tracesOverLeaf = async ({ hub, leafPort }: Neighbours) => {
  const leaf: RawConnection = await rawNats(leafPort, { ca: readFileSync(certFile), servername: "localhost" });
  try {
    leaf.send(`CONNECT ${JSON.stringify({ user: "leaf", pass: "leaf", name: "raw", headers: true })}\r\nPING\r\n`);
    expect(await leaf.until(/PONG|-ERR.*/)).toContain("PONG");
    return await as(hub, "api", async (api) => {
      const heard: string[] = [];
      for (const subject of ["user.>", "news.>"])
        api.subscribe(subject, { callback: (_, message) => heard.push(message.subject) });
      await api.flush();
      const send = (destination: string) => {
        const header = `NATS/1.0\r\nNats-Trace-Dest: ${destination}\r\nNats-Trace-Only: true\r\n\r\n`;
        leaf.send(`HMSG user.alice.x ${header.length} ${header.length + 1}\r\n${header}x\r\n`);
      };
      for (const destination of ["user.bob.trace", "news.trace", "user.alice.trace"]) send(destination);
      await eventually("permitted trace", () => heard.includes("user.alice.trace"), 60);
      await api.flush();
      return heard.filter((subject) => !subject.startsWith("user.alice."));
    });
  } finally {
    leaf.end();
  }
};

const only = (heard: Record<string, string[]>) => [...new Set(Object.values(heard).flat())];

describe(`on ${current}`, () => {
  let neighbours: Neighbours;
  beforeAll(async () => {
    neighbours = await startNeighbours(current);
  });

  test("S5: what is denied is not heard over a route, through a wildcard or a queue group around it", async () =>
    expect(only(await overRoute(neighbours))).toEqual(["news.last"]));
  test("S5: nor over a leaf node", async () => expect(only(await overLeaf(neighbours))).toEqual(["news.last"]));
  test("S5: what is denied to one queue group is not given to it over a leaf node with that of another", async () =>
    expect(await queueOverLeaf(neighbours)).toEqual([]));
  test("S6: a trace goes only where its sender may publish, whichever server it enters", async () =>
    expect(await tracesOverRoute(neighbours)).toEqual([]));
  test("S6: nor does a leaf node send traces where its user may not publish", async () =>
    expect(await tracesOverLeaf(neighbours)).toEqual([]));
});

const controls: [string, string, (neighbours: Neighbours) => Promise<unknown>, unknown][] = [
  ["2.14.2", "S5: gave the denied queue group its message", queueOverLeaf, expect.arrayContaining(["work.secret"])],
  ["2.14.2", "S6: sent a leaf node's trace anywhere", tracesOverLeaf, expect.arrayContaining(["news.trace"])],
  ["2.12.1", "S6: sent a client's trace anywhere", tracesOverRoute, expect.arrayContaining(["user.bob.trace"])],
];
const fallen = new Map<string, Promise<Neighbours>>();
for (const [version, what, attack, expected] of controls) {
  const onOld = findNatsServer(version) ? test : test.skip;
  onOld(`control, skipped without nats-server ${version}: ${version} ${what}`, async () => {
    const starting = fallen.get(version) ?? startNeighbours(version);
    fallen.set(version, starting);
    expect(await attack(await starting)).toEqual(expected);
  });
}
